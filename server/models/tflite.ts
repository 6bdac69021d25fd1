import {
  blob,
  fieldAt,
  floats,
  follow,
  integers,
  numbersAt,
  references,
  table,
  tablesAt,
  text,
  write,
  type Part,
  type Target
} from './flatbuffer.ts';

/**
 * Slots of TensorFlow Lite's schema (tensorflow/lite/schema/schema.fbs, version 3) and of its metadata
 * (tensorflow_lite_support/metadata/metadata_schema.fbs), as far as they are used here.
 */
const model = { version: 0, operatorCodes: 1, subgraphs: 2, description: 3, buffers: 4, metadata: 6 };
const graph = { tensors: 0, inputs: 1, outputs: 2, operators: 3, name: 4 };
const tensor = { shape: 0, type: 1, buffer: 2, name: 3 };
const operator = { code: 0, inputs: 1, outputs: 2, optionsType: 3, options: 4 };
const int32Type = 2;
const concatenation = { code: 2, optionsType: 10 };
const gather = { code: 36, optionsType: 23 };
const schemaVersion = 3;

/** How pixel values 0…255 become a model's input: (value − mean) ÷ std. */
export interface Normalization {
  mean: number;
  std: number;
}

/** Outputs `from` (by their place among the outputs) in one row, then the numbers at `pick` of it as one output. */
export interface MergedOutput {
  from: readonly number[];
  pick: readonly number[];
  /** Places of the former outputs that stay, behind the new one. */
  keep: readonly number[];
}

/**
 * The same model with what MediaPipe's tasks want to know of its input, and, where asked for, with several outputs
 * merged into one. Nothing of the model itself is changed: a new root stands in front of it.
 * @throws Error where it is no TFLite model of one graph
 */
export function prepareModel(old: Buffer, normalization: Normalization, merged?: MergedOutput): Buffer {
  if (old.toString('latin1', 4, 8) !== 'TFL3') throw new Error('not a TFLite model');
  const root = follow(old, 0);
  const [main, ...others] = tablesAt(old, fieldAt(old, root, model.subgraphs));
  if (main === undefined || others.length > 0) throw new Error('not a model of one graph');
  const kept = (offsets: readonly number[]): Target[] => offsets.map((offset) => ({ old: offset }));
  const buffers = kept(tablesAt(old, fieldAt(old, root, model.buffers)));
  const codes = kept(tablesAt(old, fieldAt(old, root, model.operatorCodes)));
  const outputs = numbersAt(old, fieldAt(old, main, graph.outputs));
  const subgraph = merged
    ? mergedGraph({ old, main, outputs, merged, buffers, codes })
    : { part: { old: main }, outputs: outputs.length };
  const metadata = metadataOf(normalization, subgraph.outputs);
  buffers.push(table({ 0: { to: blob(metadata) } }));
  const described = fieldAt(old, root, model.description);
  return write(
    table({
      [model.version]: { i32: schemaVersion },
      [model.operatorCodes]: { to: references(codes) },
      [model.subgraphs]: { to: references([subgraph.part]) },
      ...(described === null ? {} : { [model.description]: { to: { old: follow(old, described) } } }),
      [model.buffers]: { to: references(buffers) },
      [model.metadata]: {
        to: references([table({ 0: { to: text('TFLITE_METADATA') }, 1: { i32: buffers.length - 1 } })])
      }
    }),
    'TFL3',
    old
  );
}

interface GraphToMerge {
  old: Buffer;
  main: number;
  outputs: readonly number[];
  merged: MergedOutput;
  /** Grows by what is new. */
  buffers: Target[];
  codes: Target[];
}

function mergedGraph({ old, main, outputs, merged, buffers, codes }: GraphToMerge): {
  part: Part;
  outputs: number;
} {
  const tensors = tablesAt(old, fieldAt(old, main, graph.tensors));
  const lengthOf = (output: number) => {
    const shape = numbersAt(old, fieldAt(old, tensors[outputs[output]!]!, tensor.shape));
    if (shape.length !== 4) throw new Error('an output of another shape than was expected');
    return shape[3]!;
  };
  const rowLength = merged.from.reduce((sum, output) => sum + lengthOf(output), 0);
  if (merged.pick.some((index) => index >= rowLength))
    throw new Error('the outputs are shorter than expected');
  buffers.push(table({ 0: { to: blob(Buffer.from(Int32Array.from(merged.pick).buffer)) } }));
  const row = tensors.length;
  const [picks, result] = [row + 1, row + 2];
  const last = 3;
  codes.push(table({ 0: { u8: concatenation.code }, 3: { i32: concatenation.code } }));
  codes.push(table({ 0: { u8: gather.code }, 3: { i32: gather.code } }));
  const newTensors = [
    table({ [tensor.shape]: { to: integers([1, 1, 1, rowLength]) }, [tensor.name]: { to: text('row') } }),
    table({
      [tensor.shape]: { to: integers([merged.pick.length]) },
      [tensor.type]: { u8: int32Type },
      [tensor.buffer]: { i32: buffers.length - 1 },
      [tensor.name]: { to: text('picks') }
    }),
    table({
      [tensor.shape]: { to: integers([1, 1, 1, merged.pick.length]) },
      [tensor.name]: { to: text('merged') }
    })
  ];
  const newOperators = [
    table({
      [operator.code]: { i32: codes.length - 2 },
      [operator.inputs]: { to: integers(merged.from.map((output) => outputs[output]!)) },
      [operator.outputs]: { to: integers([row]) },
      [operator.optionsType]: { u8: concatenation.optionsType },
      [operator.options]: { to: table({ 0: { i32: last } }) }
    }),
    table({
      [operator.code]: { i32: codes.length - 1 },
      [operator.inputs]: { to: integers([row, picks]) },
      [operator.outputs]: { to: integers([result]) },
      [operator.optionsType]: { u8: gather.optionsType },
      [operator.options]: { to: table({ 0: { i32: last } }) }
    })
  ];
  const operators = tablesAt(old, fieldAt(old, main, graph.operators));
  const shown = [result, ...merged.keep.map((output) => outputs[output]!)];
  const all = (offsets: readonly number[], more: readonly Part[]) =>
    references([...offsets.map((offset) => ({ old: offset })), ...more]);
  return {
    part: table({
      [graph.tensors]: { to: all(tensors, newTensors) },
      [graph.inputs]: { to: { old: follow(old, fieldAt(old, main, graph.inputs)!) } },
      [graph.outputs]: { to: integers(shown) },
      [graph.operators]: { to: all(operators, newOperators) }
    }),
    outputs: shown.length
  };
}

/** TensorFlow Lite's metadata: an RGB picture goes in, normalised; of what comes out only how many there are. */
function metadataOf({ mean, std }: Normalization, outputs: number): Buffer {
  const normalizationOptions = 1;
  const imageProperties = 2;
  const rgb = 1;
  const input = table({
    0: { to: text('image') },
    3: { to: table({ 0: { u8: imageProperties }, 1: { to: table({ 0: { u8: rgb } }) } }) },
    4: {
      to: references([
        table({
          0: { u8: normalizationOptions },
          1: { to: table({ 0: { to: floats([mean]) }, 1: { to: floats([std]) } }) }
        })
      ])
    }
  });
  const out = Array.from({ length: outputs }, (_, i) => table({ 0: { to: text(`output_${i}`) } }));
  return write(
    table({
      3: { to: references([table({ 2: { to: references([input]) }, 3: { to: references(out) } })]) },
      7: { to: text('1.0.0') }
    }),
    'M001'
  );
}
