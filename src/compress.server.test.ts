import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressed } from './compress.server.ts';

const html = `<p>${'王秀英 · 36 叩痛 · '.repeat(200)}</p>`;
const browser = {
  'accept-encoding': 'gzip, deflate, br, zstd',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-dest': 'document'
};
const answerTo = (
  headers: Record<string, string>,
  response = new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8', etag: '"x"' } }),
  method = 'GET'
) => compressed(new Request('https://consult.example.org/', { method, headers }), response);
const encodingOf = async (...given: Parameters<typeof answerTo>) =>
  (await answerTo(...given)).headers.get('content-encoding');

describe('a page that somebody opened', () => {
  it.each([
    ['br', browser, brotliDecompressSync],
    ['gzip', { ...browser, 'accept-encoding': 'gzip, br;q=0', 'sec-fetch-site': 'none' }, gunzipSync]
  ])('goes out as %s, and is the same page', async (encoding, headers, open) => {
    const answer = await answerTo(headers);
    expect(answer.headers.get('content-encoding')).toBe(encoding);
    expect(answer.headers.get('vary')).toContain('Accept-Encoding');
    expect(answer.headers.get('etag')).toBeNull();
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(answer.headers.get('content-length')).toBe(String(bytes.length));
    expect(bytes.length).toBeLessThan(html.length / 5);
    expect(open(bytes).toString()).toBe(html);
  });

  it('keeps its status and its cookies', async () => {
    const headers = new Headers({ 'content-type': 'text/html' });
    headers.append('set-cookie', 'a=1');
    headers.append('set-cookie', 'b=2');
    const answer = await answerTo(browser, new Response(html, { status: 404, headers }));
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([404, ['a=1', 'b=2']]);
    expect(answer.headers.get('content-encoding')).toBe('br');
  });
});

describe('goes out as it is', () => {
  it.each([
    ['led to by another site', { ...browser, 'sec-fetch-site': 'cross-site' }],
    ['led to by a neighbour of ours', { ...browser, 'sec-fetch-site': 'same-site' }],
    ['asked for by a script or a frame', { ...browser, 'sec-fetch-dest': 'empty' }],
    ['asked for by who does not say from where', { 'accept-encoding': 'br, gzip' }],
    ['for who takes nothing else', { ...browser, 'accept-encoding': 'identity, br;q=0' }]
  ])('what is %s', async (_, headers) => {
    const answer = await answerTo(headers);
    expect(answer.headers.get('content-encoding')).toBeNull();
    expect(await answer.text()).toBe(html);
  });

  it('what is small', async () => {
    const answer = await answerTo(
      browser,
      new Response('<p>1</p>', { headers: { 'content-type': 'text/html' } })
    );
    expect([answer.headers.get('content-encoding'), await answer.text()]).toEqual([null, '<p>1</p>']);
  });

  it.each(['application/json', 'text/event-stream', 'application/pdf', 'text/csv'])('%s', async (type) => {
    const given = new Response(html, { headers: { 'content-type': type } });
    // The very answer: a stream is not waited for.
    expect(await answerTo(browser, given)).toBe(given);
  });

  it('a part, an answer without a body, and what is in another form already', async () => {
    const type = { 'content-type': 'text/html' };
    expect(await encodingOf(browser, new Response(html, { status: 206, headers: type }))).toBeNull();
    expect(await encodingOf(browser, new Response(null, { status: 303, headers: type }))).toBeNull();
    const packed = new Response(html, { headers: { ...type, 'content-encoding': 'zstd' } });
    expect(await answerTo(browser, packed)).toBe(packed);
    expect(await encodingOf(browser, undefined, 'HEAD')).toBeNull();
  });
});
