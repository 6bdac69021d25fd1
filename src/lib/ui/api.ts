/** What the server said no with; `errorText(code, detail)` puts it into words. */
export class ApiError extends Error {
  readonly code: string;
  readonly detail: Record<string, string | number>;

  constructor(code: string, detail: Record<string, string | number> = {}) {
    super(code);
    this.name = 'ApiError';
    this.code = code;
    this.detail = detail;
  }
}

/**
 * Call one of the app's own endpoints. `body` goes as JSON, or as it is where it is a Blob. `keepalive`: also when the
 * page goes meanwhile.
 * @throws ApiError with the server's code, or `unreachable` where there was no answer
 */
export async function api<T = unknown>(
  method: string,
  path: string,
  body?: unknown,
  { keepalive = false } = {}
): Promise<T> {
  const isBlob = body instanceof Blob;
  const sent =
    body === undefined
      ? {}
      : {
          body: isBlob ? body : JSON.stringify(body),
          headers: { 'content-type': isBlob ? body.type || 'application/octet-stream' : 'application/json' }
        };
  let response: Response;
  try {
    response = await fetch(path, { method, credentials: 'same-origin', keepalive, ...sent });
  } catch (cause) {
    throw Object.assign(new ApiError('unreachable'), { cause });
  }
  const answer: unknown = await response.json().catch(() => ({}));
  if (!response.ok) {
    const { code, detail } = answer as { code?: string; detail?: Record<string, string | number> };
    throw new ApiError(code ?? 'internal', detail);
  }
  return answer as T;
}
