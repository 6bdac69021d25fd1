import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Logger } from '#lib/kernel/ports.ts';
import { modelsPath } from '#lib/kernel/models-path.ts';
import { ownFolder } from './own.ts';
import { servedNames, type ServedName } from './prepare.ts';

const types: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  wasm: 'application/wasm',
  txt: 'text/plain; charset=utf-8'
};

export interface ModelFiles {
  /** Null: they could not be made ready; every name is "not found" then. */
  prepared: string | null;
  dataDir: string;
  log: Logger;
}

/**
 * Gives out models and their runtime: the same for everybody, nobody's data, so nobody is asked who they are. A
 * browser keeps them and asks with each use whether they are still the same.
 */
export function modelRequests(files: ModelFiles) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = request.url?.split('?', 1)[0] ?? '';
    if (!path.startsWith(`${modelsPath}/`)) return false;
    const name = servedNames.find((known) => path === `${modelsPath}/${known}`);
    if (!name || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(name ? 405 : 404).end();
      return true;
    }
    send(files, name, request, response).catch((error: unknown) => {
      files.log.warn({ err: error, name }, 'model not sent');
      response.destroy();
    });
    return true;
  };
}

async function send(
  { prepared, dataDir }: ModelFiles,
  name: ServedName,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const packs = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const own = await found(join(ownFolder(dataDir), name));
  const file = own ?? (prepared ? await found(join(prepared, packs ? `${name}.gz` : name)) : null);
  if (!file) return void response.writeHead(404).end();
  const tag = `"${file.size.toString(36)}-${Math.trunc(file.mtimeMs).toString(36)}"`;
  response.setHeader('cache-control', 'no-cache');
  response.setHeader('vary', 'accept-encoding');
  response.setHeader('etag', tag);
  if (request.headers['if-none-match'] === tag) return void response.writeHead(304).end();
  response.setHeader('content-type', types[name.split('.').at(-1)!] ?? 'application/octet-stream');
  response.setHeader('content-length', file.size);
  if (!own && packs) response.setHeader('content-encoding', 'gzip');
  response.writeHead(200);
  if (request.method === 'HEAD') return void response.end();
  await pipeline(createReadStream(file.path), response);
}

async function found(path: string): Promise<{ path: string; size: number; mtimeMs: number } | null> {
  const file = await stat(path).catch(() => null);
  return file?.isFile() ? { path, size: file.size, mtimeMs: file.mtimeMs } : null;
}
