import { afterAll, beforeAll, expect, test } from 'vitest';
import { wavOf } from '#lib/features/consults/captions.ts';
import { refusal } from '../../tests/support/refusal.ts';
import { speechPeer, type SpeechPeer } from '../../tests/support/speech-peer.ts';
import { createRecogniser, noRecogniser } from './recogniser.ts';

let peer: SpeechPeer;
beforeAll(async () => {
  peer = await speechPeer('左上后牙疼');
});
afterAll(() => peer.close());

const audio = wavOf(new Float32Array(1_600).fill(0.1));
const recogniser = () => createRecogniser({ url: `${peer.url}/`, model: 'whisper', key: 'secret' });
const ask = () => recogniser().transcribe(audio, { language: 'zh' });

test('[CN-26] an utterance goes to the configured service as the protocol has it', async () => {
  expect(await ask()).toBe('左上后牙疼');
  expect(recogniser().host).toBe(peer.host);
  const { path, key, form } = peer.sent[0]!;
  expect([path, key]).toEqual(['/v1/audio/transcriptions', 'Bearer secret']);
  expect(['model', 'language', 'response_format'].map((name) => form.get(name))).toEqual([
    ...['whisper', 'zh', 'json']
  ]);
  const file = form.get('file') as File;
  expect([file.name, file.type]).toEqual(['utterance.wav', 'audio/wav']);
  expect(new Uint8Array(await file.arrayBuffer())).toEqual(audio);
});

test.each([
  ['refuses', { status: 401, body: '{}' }],
  ['leads elsewhere', { status: 302, headers: { location: 'http://169.254.169.254/' }, body: '' }],
  ['answers too much', { status: 200, body: JSON.stringify({ text: 'a'.repeat(70_000) }) }],
  ['answers something else', { status: 200, body: '[]' }]
])('[CN-26] one that %s is no recogniser', async (_, given) => {
  peer.answer = given;
  expect(await refusal(ask())).toBe('captions_unavailable');
});

test('[CN-26] without one nothing is recognised', async () => {
  expect(noRecogniser.host).toBeNull();
  expect(await refusal(noRecogniser.transcribe(audio, { language: 'en' }))).toBe('captions_unavailable');
});
