import { expect, test } from 'playwright/test';
import type { Page } from 'playwright';
import type { SpeechPeer } from '../support/speech-peer.ts';
import { shot, type Person } from './people.ts';
import { say } from './words.ts';

/** The browser's made-up microphone only clicks: from here on it says something for a second and a half, again and again. */
async function speak(page: Page): Promise<void> {
  await page.evaluate(() => {
    AudioContext.prototype.createMediaStreamSource = function (this: AudioContext) {
      const [tone, gate] = [this.createOscillator(), this.createGain()];
      for (let i = 0; i < 60; i++)
        gate.gain.setValueAtTime(i % 2 === 0 ? 0.2 : 0, this.currentTime + i * 1.5);
      tone.connect(gate);
      tone.start();
      return gate as unknown as MediaStreamAudioSourceNode;
    };
  });
}

/** A dentist and their patient in an encrypted call read what is said, once both have agreed, until one says no. */
export function captioned(
  people: () => { li: Person; patient: Person; speech: SpeechPeer; words: string }
): void {
  test('[CN-26] captions: the recogniser is named first, both agree, both read who said what, a no ends it', async () => {
    const { li, patient, speech, words } = people();
    const { page } = li;
    const open = async () => {
      await page.getByTestId('call-more').click();
      await page.getByRole('menuitem', { name: say('captions_menu') }).click();
    };
    const captions = (of: Person) => of.page.getByTestId('captions');
    await open();
    const missing = page.getByTestId('captions-missing');
    await expect(missing).toContainText('王秀英');
    await expect(page.getByTestId('captions-host')).toContainText(speech.host);
    await expect(page.getByTestId('captions-dialog')).toContainText(say('captions_encrypted'));
    await expect(page.getByTestId('captions-begin')).toBeDisabled();
    await shot(page, 'captions-missing');
    await page.getByTestId('captions-agree').click();
    await expect(missing).not.toContainText('李明');
    await page.keyboard.press('Escape');

    await patient.page.getByTestId('my-choices').click();
    await expect(patient.page.getByTestId('listener')).toContainText(speech.host);
    const choice = patient.page.getByTestId('consent-choices').locator('[data-purpose=ai-notes]');
    await choice.click();
    await expect(choice).toBeChecked();
    await shot(patient.page, 'captions-patient-choice');
    await patient.page.keyboard.press('Escape');

    await speak(page);
    await open();
    await expect(missing).toHaveCount(0);
    await page.getByTestId('captions-begin').click();
    for (const one of [li, patient]) {
      await expect(captions(one)).toContainText(speech.host);
      await expect(one.page.getByTestId('caption-lines')).toContainText(`李明 ${words}`, { timeout: 60_000 });
    }
    await shot(page, 'captions-staff');
    await shot(patient.page, 'captions-patient');
    await patient.page.getByTestId('captions-refuse').click();
    for (const one of [li, patient]) await expect(captions(one)).toHaveCount(0);
  });
}
