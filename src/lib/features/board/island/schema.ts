import {
  type RecordProps,
  type TLBaseShape,
  type TLRecord,
  type TLStoreSchema,
  createShapePropsMigrationSequence,
  createTLSchema,
  defaultBindingSchemas,
  defaultShapeSchemas
} from '@tldraw/tlschema';
import * as v from 'valibot';
import type { RawRecord } from '../format.ts';
import {
  type MeasureProps,
  type OdontogramProps,
  type PinProps,
  type XrayProps,
  drawnShapeTypes,
  ownShapeProps,
  ownShapeTypes
} from '../shapes.ts';

/** The tldraw schema of a board. Runs under plain Node, so that the server can check with it too. */

export type XrayShape = TLBaseShape<'xray', XrayProps>;
export type MeasureShape = TLBaseShape<'measure', MeasureProps>;
export type PinShape = TLBaseShape<'pin', PinProps>;
export type OdontogramShape = TLBaseShape<'odontogram', OdontogramProps>;

/** valibot entries as the validators tldraw asks for: one a prop, throwing where a value is not allowed. */
function validatorsOf<Shape extends TLBaseShape<string, object>>(
  entries: Record<string, v.GenericSchema>
): RecordProps<Shape> {
  return Object.fromEntries(
    Object.entries(entries).map(([key, schema]) => [
      key,
      { validate: (value: unknown) => v.parse(schema, value) }
    ])
  ) as unknown as RecordProps<Shape>;
}

export const xrayProps = validatorsOf<XrayShape>(ownShapeProps.xray);
export const measureProps = validatorsOf<MeasureShape>(ownShapeProps.measure);
export const pinProps = validatorsOf<PinShape>(ownShapeProps.pin);
export const odontogramProps = validatorsOf<OdontogramShape>(ownShapeProps.odontogram);

/** Empty today; a change of props gets a sequence like those below: old boards are migrated when opened. */
export const ownMigrations = createShapePropsMigrationSequence({ sequence: [] });

export const xrayMigrations = createShapePropsMigrationSequence({
  sequence: [
    {
      id: 'com.tldraw.shape.xray/1',
      up: (props) => {
        props.sharpen ??= false;
        props.flip ??= false;
        props.earlier ??= [];
      }
    },
    {
      // Until then the first frame of an image was all there was to see.
      id: 'com.tldraw.shape.xray/2',
      up: (props) => {
        props.frame ??= 1;
      }
    }
  ]
});

export const measureMigrations = createShapePropsMigrationSequence({
  sequence: [
    {
      // Until then two points were a length and three an angle.
      id: 'com.tldraw.shape.measure/1',
      up: (props) => {
        props.kind ??= props.points.length === 3 ? 'angle' : 'length';
        props.tooth ??= '';
      }
    }
  ]
});

export const pinMigrations = createShapePropsMigrationSequence({
  sequence: [
    {
      // What is said at a pin is no longer part of the document.
      id: 'com.tldraw.shape.pin/1',
      up: (props) => {
        delete props.text;
      }
    }
  ]
});

let schema: TLStoreSchema | undefined;

export function boardSchema(): TLStoreSchema {
  schema ??= createTLSchema({
    shapes: {
      ...defaultShapeSchemas,
      xray: { props: xrayProps, migrations: xrayMigrations },
      measure: { props: measureProps, migrations: measureMigrations },
      pin: { props: pinProps, migrations: pinMigrations },
      odontogram: { props: odontogramProps, migrations: ownMigrations }
    },
    bindings: defaultBindingSchemas
  });
  return schema;
}

/** Pictures come from the record (xray), never as assets or links of tldraw's own. */
const sharedTypes = new Set(['document', 'page', 'shape', 'binding']);
const sharedShapes = new Set<string>([...ownShapeTypes, ...drawnShapeTypes]);

/** The record where it is whole and of a kind that a board shares; else null. */
export function validRecord(raw: RawRecord | null): TLRecord | null {
  if (!raw || !sharedTypes.has(raw.typeName) || !raw.id.startsWith(`${raw.typeName}:`)) return null;
  if (raw.typeName === 'shape' && !sharedShapes.has(String(raw['type']))) return null;
  try {
    return boardSchema().types[raw.typeName as 'shape'].validate(raw) as TLRecord;
  } catch {
    // Not an error of ours: a newer, older or hostile client wrote it. The caller counts it.
    return null;
  }
}
