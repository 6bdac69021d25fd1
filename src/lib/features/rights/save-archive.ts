import { ApiError } from '#lib/ui/api.ts';

/** How far a download is, in bytes; `total` is exact. */
export interface Progress {
  done: number;
  total: number;
}

/**
 * Ask for an archive with a POST, tell how far it is, and hand it to the browser to keep. The browser keeps what comes
 * in on disk where it is large. @returns the file's name
 * @throws ApiError with the server's code, `unreachable` where the line broke; DOMException when aborted
 */
export async function saveArchive(
  path: string,
  body: unknown,
  { signal, onprogress }: { signal: AbortSignal; onprogress: (progress: Progress) => void }
): Promise<string> {
  const response = await fetch(path, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal
  }).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    throw Object.assign(new ApiError('unreachable'), { cause });
  });
  if (!response.ok || !response.body) {
    const answer = (await response.json().catch(() => ({}))) as {
      code?: string;
      detail?: Record<string, string>;
    };
    throw new ApiError(answer.code ?? 'internal', answer.detail);
  }
  const total = Number(response.headers.get('content-length'));
  let done = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, out) {
        done += chunk.length;
        onprogress({ done, total });
        out.enqueue(chunk);
      }
    })
  );
  const blob = await new Response(counted, { headers: { 'content-type': 'application/zip' } }).blob();
  const name =
    /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'record.zip';
  const url = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  // The browser reads the address after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return name;
}
