/** [CALL-13] Reads help aloud in the page's language, where the device has a voice for it. Browser only. */
export class SpokenHelp {
  /** False: no voice of this language; no button is shown. */
  possible = $state(false);
  speaking = $state(false);
  readonly #locale: string;
  #voice: SpeechSynthesisVoice | null = null;

  constructor(locale: string) {
    this.#locale = locale;
  }

  /** Voices come late in some browsers. @returns stop listening, and be silent */
  start(): () => void {
    const synthesis = globalThis.speechSynthesis as SpeechSynthesis | undefined;
    if (!synthesis) return () => {};
    const look = () => {
      this.#voice = voiceFor(synthesis.getVoices(), this.#locale);
      this.possible = this.#voice !== null;
    };
    look();
    synthesis.addEventListener('voiceschanged', look);
    return () => {
      synthesis.removeEventListener('voiceschanged', look);
      if (this.speaking) synthesis.cancel();
    };
  }

  /** One sentence, now: what is still being said has passed. */
  say(sentence: string): void {
    this.hush();
    this.#speak(sentence);
  }

  hush(): void {
    if (this.#voice) speechSynthesis.cancel();
    this.speaking = false;
  }

  toggle(steps: readonly string[]): void {
    if (this.speaking || !this.#voice) {
      speechSynthesis.cancel();
      this.speaking = false;
      return;
    }
    this.speaking = true;
    for (const [index, step] of steps.entries()) {
      const said = this.#speak(step);
      if (said && index === steps.length - 1) said.onend = said.onerror = () => (this.speaking = false);
    }
  }

  #speak(sentence: string): SpeechSynthesisUtterance | null {
    if (!this.#voice) return null;
    const said = new SpeechSynthesisUtterance(sentence);
    said.voice = this.#voice;
    said.lang = this.#voice.lang;
    said.rate = 0.9;
    speechSynthesis.speak(said);
    return said;
  }
}

/** A voice of the language, one on the device itself first; null: none. Cantonese does not read Mandarin. */
export function voiceFor<V extends { lang: string; localService: boolean }>(
  voices: readonly V[],
  locale: string
): V | null {
  const wanted = locale === 'en' ? /^en/i : /^(zh|cmn)(?![-_](HK|Hant[-_]HK))/i;
  const fits = voices.filter(({ lang }) => wanted.test(lang));
  return fits.find(({ localService }) => localService) ?? fits[0] ?? null;
}
