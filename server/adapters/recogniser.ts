import { fail } from '#lib/kernel/errors.ts';
import type { SpeechRecogniser } from '#lib/kernel/ports.ts';

export interface SpeechSettings {
  /** What stands before `/audio/transcriptions`. */
  url: string;
  model: string;
  key: string | null;
}

const withinMs = 20_000;
/** A line of text; a recogniser that answers more is none. */
const mostAnswerBytes = 64 * 1024;

/** Nothing is recognised where none is configured. */
export const noRecogniser: SpeechRecogniser = {
  host: null,
  transcribe: () => Promise.reject(fail('captions_unavailable'))
};

/**
 * Speech to text as OpenAI's API has it, which many local servers speak (vLLM, LocalAI, whisper.cpp, Speaches):
 * `POST {url}/audio/transcriptions`. The address is the site's own choice; redirects are not followed.
 */
export function createRecogniser({ url, model, key }: SpeechSettings): SpeechRecogniser {
  const address = `${url.replace(/\/$/, '')}/audio/transcriptions`;
  return {
    host: new URL(url).host,
    async transcribe(audio, { language }) {
      const form = new FormData();
      form.set('file', new Blob([new Uint8Array(audio)], { type: 'audio/wav' }), 'utterance.wav');
      form.set('model', model);
      form.set('language', language);
      form.set('response_format', 'json');
      try {
        const answer = await fetch(address, {
          ...{ method: 'POST', body: form, redirect: 'error', signal: AbortSignal.timeout(withinMs) },
          headers: key ? { authorization: `Bearer ${key}` } : {}
        });
        if (!answer.ok) {
          await answer.body?.cancel();
          throw new Error(`it answered ${answer.status}`);
        }
        const read: unknown = JSON.parse(await bounded(answer.body));
        if (typeof read === 'object' && read !== null && 'text' in read && typeof read.text === 'string')
          return read.text;
        throw new Error('it answered no text');
      } catch (error) {
        throw fail('captions_unavailable', {}, error);
      }
    }
  };
}

async function bounded(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > mostAnswerBytes) throw new Error('it answered too much');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
