import { expect, test, vi } from 'vitest';
import type { CameraTold } from '../../../camera-answer.ts';
import { Hearing, type HeardFrom } from '../hearing.ts';
import { CameraAnswers } from './answers.svelte.ts';

const patient = { identity: 'p:1', joinedAt: 1 };

function asking() {
  const hearing = new Hearing();
  const answers = new CameraAnswers(hearing);
  const tell = (told: Partial<CameraTold>, from: HeardFrom = null) => {
    const message = { identity: patient.identity, answer: 'yes', cannot: [], ...told };
    hearing.tell('camera-answer', new TextEncoder().encode(JSON.stringify(message)), from);
  };
  const state = () => answers.of(patient);
  return { answers, tell, state };
}

test('[CALL-51] an answer stands until the next, and what the camera cannot beside it', async () => {
  const { answers, tell, state } = asking();
  expect(state().state).toBe('unasked');
  answers.ask(patient);
  expect(state().state).toBe('asked');
  tell({});
  await vi.waitFor(() => expect(state().state).toBe('yes'));
  tell({ answer: 'cannot', cannot: ['torch'] });
  await vi.waitFor(() => expect(state()).toMatchObject({ state: 'yes', cannot: ['torch'] }));
  tell({ answer: 'taken-back' });
  await vi.waitFor(() => expect(state()).toMatchObject({ state: 'taken-back', cannot: [] }));
});

test('[CALL-51] words of anybody but the server, and of who was not asked, are none; who comes back is asked anew', async () => {
  const { answers, tell, state } = asking();
  tell({});
  answers.ask(patient);
  tell({}, { identity: 'm:2', name: '', role: 'expert' });
  tell({ identity: 'p:2' });
  tell({ answer: 'no' });
  await vi.waitFor(() => expect(state().state).toBe('no'));
  expect(answers.of({ ...patient, identity: 'p:2' }).state).toBe('unasked');
  expect(answers.of({ ...patient, joinedAt: 2 }).state).toBe('unasked');
});
