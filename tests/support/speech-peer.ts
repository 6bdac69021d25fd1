import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SpeechPeer {
  /** As SPEECH_URL has it. */
  url: string;
  host: string;
  /** Forms that came, each with its path and key. */
  sent: { path: string; key: string | undefined; form: FormData }[];
  answer: { status: number; headers?: Record<string, string>; body: string };
  close(): Promise<void>;
}

/** A service that speaks OpenAI's `POST /v1/audio/transcriptions`, and hears always the same words. */
export async function speechPeer(words: string): Promise<SpeechPeer> {
  const sent: SpeechPeer['sent'] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const type = request.headers['content-type'] ?? '';
      const form = await new Response(Buffer.concat(parts), { headers: { 'content-type': type } }).formData();
      sent.push({ path: request.url ?? '', key: request.headers.authorization, form });
      response.writeHead(peer.answer.status, peer.answer.headers).end(peer.answer.body);
    })();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const peer: SpeechPeer = {
    ...{ url: `http://${host}/v1`, host, sent },
    answer: { status: 200, body: JSON.stringify({ text: words }) },
    async close() {
      await new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      });
    }
  };
  return peer;
}
