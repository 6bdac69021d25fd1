import * as v from 'valibot';
import { cameraAnswers, cannotDo, type CameraTold } from '../../../camera-answer.ts';

const cameraTold = v.object({
  identity: v.string(),
  answer: v.picklist(cameraAnswers),
  cannot: v.array(v.picklist(cannotDo))
});

/** Null: not what the server tells. */
export function readTold(bytes: Uint8Array): CameraTold | null {
  try {
    const read = v.safeParse(cameraTold, JSON.parse(new TextDecoder().decode(bytes)));
    return read.success ? read.output : null;
  } catch {
    // Not JSON.
    return null;
  }
}
