/** One after the other, in memory of their own. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What is in memory already, for whoever takes a stream. */
export async function* once<T extends Uint8Array>(bytes: T): AsyncGenerator<T> {
  yield bytes;
}
