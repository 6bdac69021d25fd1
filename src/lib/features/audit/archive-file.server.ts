import { createGzip, createGunzip } from 'node:zlib';
import { pipeline, Readable } from 'node:stream';
import { eventText, type AuditEvent } from './event.ts';

/*
 * An archive of events: gzip of lines of JSON. The first line says whose events they are, where the chain and the
 * tree stood before them, and carries the signed checkpoint at their end: with the public key the file proves
 * itself, without the database and without what came before or after it.
 */
export interface ArchiveHead {
  format: 'consilium-audit-1';
  organisationId: string;
  first: number;
  last: number;
  /** The hash before the first event, hex. */
  previous: string;
  /** The tree before the first event. */
  tree: { size: number; peaks: string[] };
  /** A signed note whose size is `last`. */
  checkpoint: string;
}

export interface ArchivedEvent {
  number: number;
  hash: Buffer;
  event: AuditEvent;
}

/** The file's bytes. Equal input gives equal bytes, so a run that is repeated makes the same file. */
export function archiveFile(
  head: ArchiveHead,
  events: AsyncIterable<readonly ArchivedEvent[]>
): AsyncIterable<Uint8Array> {
  async function* lines() {
    yield `${JSON.stringify(head)}\n`;
    for await (const list of events)
      yield list
        .map(
          ({ number, hash, event }) =>
            `{"number":${number},"hash":"${hash.toString('hex')}","event":${eventText(event)}}\n`
        )
        .join('');
  }
  return piped(Readable.from(lines()), createGzip({ level: 6 }));
}

/** The events of a file. @throws Error where it is damaged */
export async function* archivedEvents(
  bytes: AsyncIterable<Uint8Array>,
  onHead?: (head: ArchiveHead) => void
): AsyncGenerator<{ number: number; hash: Buffer; text: string }[]> {
  let rest = '';
  let headRead = false;
  const text = new TextDecoder();
  for await (const part of piped(Readable.from(bytes), createGunzip())) {
    const lines = (rest + text.decode(part, { stream: true })).split('\n');
    rest = lines.pop()!;
    if (!headRead && lines.length > 0) {
      headRead = true;
      const head = lines.shift()!;
      onHead?.(JSON.parse(head) as ArchiveHead);
    }
    if (lines.length > 0) yield lines.map(parse);
  }
  if (rest !== '' || !headRead) throw new Error('an archive of events ends in the middle');
}

function parse(line: string) {
  const { number, hash, event } = JSON.parse(line) as { number: number; hash: string; event: AuditEvent };
  return { number, hash: Buffer.from(hash, 'hex'), text: eventText(event) };
}

function piped(source: Readable, through: NodeJS.ReadWriteStream & Readable): AsyncIterable<Uint8Array> {
  // The error reaches the reader through the stream it reads.
  pipeline(source, through, (error) => void error);
  return through;
}
