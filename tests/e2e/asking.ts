import { expect } from 'playwright/test';
import { openPatient, taken, visit, type Person } from './people.ts';
import { say } from './words.ts';

export type Target = { kind: 'expert'; name: string } | { kind: 'any'; specialty: string };

/** Ask about a patient through the page, with what is suggested or with all their images. @returns the consult's id */
export async function ask(
  asker: Person,
  patient: string,
  target: Target,
  question: string,
  { allImages = false } = {}
): Promise<string> {
  const { page } = asker;
  await openPatient(asker, patient);
  await taken(page);
  await page
    .getByTestId('patient-banner')
    .getByRole('button', { name: say('consults_ask_open') })
    .click();
  const form = page.getByTestId('ask-form');
  await form.getByLabel(say('consults_ask_question')).fill(question);
  if (allImages) {
    const images = form.locator('li:has(img) input[type=checkbox]');
    for (const image of await images.all()) await image.check();
  }
  const to = form.getByLabel(say('consults_ask_to'));
  const label =
    target.kind === 'any'
      ? say('consults_ask_any', { specialty: say(`consults_specialty_${target.specialty}`) })
      : target.name;
  const option = to.locator('option', { hasText: label }).first();
  await to.selectOption((await option.getAttribute('value'))!);
  await page.getByRole('button', { name: say('consults_ask_send') }).click();
  await expect(page).toHaveURL(/\/consults\/[0-9a-f-]{36}$/);
  return new URL(page.url()).pathname.split('/').at(-1)!;
}

/** Take a consult on; that leads to its room. */
export async function accept({ page }: Person, consultId: string): Promise<void> {
  await visit(page, `/consults/${consultId}`);
  await page.getByRole('button', { name: say('consults_accept') }).click();
  await expect(page).toHaveURL(new RegExp(`/room/${consultId}$`));
}
