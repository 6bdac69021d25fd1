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

  toggle(steps: readonly string[]): void {
    if (this.speaking || !this.#voice) {
      speechSynthesis.cancel();
      this.speaking = false;
      return;
    }
    this.speaking = true;
    for (const [index, step] of steps.entries()) {
      const said = new SpeechSynthesisUtterance(step);
      said.voice = this.#voice;
      said.lang = this.#voice.lang;
      said.rate = 0.9;
      if (index === steps.length - 1) said.onend = said.onerror = () => (this.speaking = false);
      speechSynthesis.speak(said);
    }
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
