import { expect, test } from 'vitest';
import { voiceFor } from './speech.svelte.ts';

const voice = (lang: string, localService = true) => ({ lang, localService });

test('[CALL-13] a voice of the page’s language, the device’s own first; none: none', () => {
  const all = [voice('de-DE'), voice('zh-HK'), voice('zh-CN', false), voice('zh_CN'), voice('en-GB')];
  expect(voiceFor(all, 'zh-CN')).toBe(all[3]);
  expect(voiceFor(all, 'en')).toBe(all[4]);
  expect(voiceFor(all.slice(0, 3), 'zh-CN')).toBe(all[2]);
  expect(voiceFor(all.slice(0, 2), 'zh-CN')).toBeNull();
});
