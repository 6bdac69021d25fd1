import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { dependenciesOf } from './update.ts';

type Struct = Y.Item | Y.GC;

/**
 * Cuts an update into small ones which, applied one after the other, give the same document: none builds on a later
 * one. Takes about as long as applying it would, so it is a worker's (slices-thread.ts).
 *
 * @param mostStructs in a slice
 * @throws where the update is not complete in itself, or no update
 */
export function sliced(update: Uint8Array, mostStructs: number): Uint8Array[] {
  const { structs, ds } = Y.decodeUpdate(update);
  const slices: Uint8Array[] = [];
  let slice: Struct[] = [];
  for (const struct of inOrder(structs)) {
    slice.push(struct);
    if (slice.length < mostStructs) continue;
    slices.push(encodeStructs(slice));
    slice = [];
  }
  if (slice.length > 0) slices.push(encodeStructs(slice));
  return [...slices, ...deletions(ds, mostStructs)];
}

/** As Yjs goes through them: each client's in turn, before each what it builds on. */
function* inOrder(structs: readonly (Struct | Y.Skip)[]): Generator<Struct> {
  const queues = new Map<number, { structs: Struct[]; next: number; reached: number }>();
  for (const struct of structs) {
    if (struct instanceof Y.Skip) throw new RangeError('a gap');
    const queue = queues.get(struct.id.client) ?? { structs: [], next: 0, reached: 0 };
    queue.structs.push(struct);
    queues.set(struct.id.client, queue);
  }
  const waiting: Struct[] = [];
  for (const client of [...queues.keys()].sort((a, b) => b - a)) {
    const queue = queues.get(client)!;
    while (queue.next < queue.structs.length || waiting.length > 0) {
      const struct = waiting.pop() ?? queue.structs[queue.next++]!;
      const missing = dependenciesOf(struct).find(
        (id) => id.client !== struct.id.client && id.clock >= (queues.get(id.client)?.reached ?? 0)
      );
      if (missing) {
        const other = queues.get(missing.client);
        const before = other?.structs[other.next];
        if (!other || !before) throw new RangeError('something is missing');
        other.next++;
        waiting.push(struct, before);
        continue;
      }
      const own = queues.get(struct.id.client)!;
      if (struct.id.clock !== own.reached) throw new RangeError('a gap');
      own.reached = struct.id.clock + struct.length;
      yield struct;
    }
  }
}

/** @param structs of each client in the order of its clock, without gaps */
function encodeStructs(structs: readonly Struct[]): Uint8Array {
  const byClient = new Map<number, Struct[]>();
  for (const struct of structs) {
    const own = byClient.get(struct.id.client);
    if (own) own.push(struct);
    else byClient.set(struct.id.client, [struct]);
  }
  const encoder = new Y.UpdateEncoderV1();
  encoding.writeVarUint(encoder.restEncoder, byClient.size);
  for (const [client, own] of byClient) {
    encoding.writeVarUint(encoder.restEncoder, own.length);
    encoder.writeClient(client);
    encoding.writeVarUint(encoder.restEncoder, own[0]!.id.clock);
    for (const struct of own) struct.write(encoder, 0);
  }
  encoding.writeVarUint(encoder.restEncoder, 0);
  return encoder.toUint8Array();
}

function deletions(
  ds: { clients: Map<number, { clock: number; len: number }[]> },
  most: number
): Uint8Array[] {
  const slices: Uint8Array[] = [];
  for (const [client, ranges] of ds.clients)
    for (let from = 0; from < ranges.length; from += most) {
      const slice = ranges.slice(from, from + most);
      const encoder = new Y.UpdateEncoderV1();
      encoding.writeVarUint(encoder.restEncoder, 0);
      encoding.writeVarUint(encoder.restEncoder, 1);
      encoder.resetDsCurVal();
      encoding.writeVarUint(encoder.restEncoder, client);
      encoding.writeVarUint(encoder.restEncoder, slice.length);
      for (const { clock, len } of slice) {
        encoder.writeDsClock(clock);
        encoder.writeDsLen(len);
      }
      slices.push(encoder.toUint8Array());
    }
  return slices;
}
