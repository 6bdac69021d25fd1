import { expect, test } from 'vitest';
import { newId } from '#lib/kernel/ids.ts';
import { addDelegate, readDelegates } from '#lib/features/patients/delegates.server.ts';
import {
  addHealthItem,
  addNote,
  addPatient,
  endHealthItem,
  listPatients,
  readPatient
} from '#lib/features/patients/patients.server.ts';
import { refusal } from '../support/refusal.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();

const newcomer = () => ({
  clinicId: world.clinicId,
  name: '<b>赵</b> 100%_',
  sex: 'male' as const,
  birthDate: '1990-01-02',
  phone: '13900009999'
});

test('[PA-1] a new patient gets a number and is found by name, number and phone, by this clinic only', async () => {
  const { reception, stranger, wang } = world.people;
  const { id } = await addPatient(world.as(reception), newcomer());
  for (const query of ['100%_', '13900009999', '<b>'])
    expect((await listPatients(world.as(reception), query)).map((patient) => patient.id)).toEqual([id]);
  // A wildcard that a person typed is a character, not a wildcard.
  expect(await listPatients(world.as(reception), '王_英')).toEqual([]);
  expect(await listPatients(world.as(stranger))).toEqual([]);
  expect(await listPatients(world.as(wang))).toEqual([]);
  expect(await refusal(readPatient(world.as(stranger), id))).toBe('not_found');
  expect(await refusal(addPatient(world.as(wang), newcomer()))).toBe('forbidden');
});

test('[PA-12] a form sent twice at once makes one patient; its id stands for no other', async () => {
  const { reception, strangerReception } = world.people;
  const form = { ...newcomer(), id: newId(), name: '一次' };
  const send = (input: typeof form) => addPatient(world.as(reception), input);
  expect(await Promise.all([send(form), send(form)])).toEqual([{ id: form.id }, { id: form.id }]);
  expect(await listPatients(world.as(reception), '一次')).toHaveLength(1);
  expect(await refusal(send({ ...form, name: '另一个人' }))).toBe('conflict');
  const elsewhere = { ...form, clinicId: world.strangerClinicId };
  await expect(addPatient(world.as(strangerReception), elsewhere)).rejects.toThrow();
  expect(await listPatients(world.as(strangerReception), '一次')).toEqual([]);

  const person = { id: newId(), patientId: form.id, name: '女儿', relation: 'daughter' as const, basis: '' };
  const delegate = { ...person, scopes: ['join' as const], phone: '13900001111' };
  const add = () => addDelegate(world.as(reception), delegate);
  expect((await Promise.all([add(), add()])).map(({ id }) => id)).toEqual([person.id, person.id]);
  expect(await readDelegates(world.as(reception), form.id)).toHaveLength(1);
});

test('[PA-12] a note and a health item sent twice at once are one each', async () => {
  const { li } = world.people;
  const note = { id: newId(), patientId: world.patientId, text: '一次的病历', teeth: [] };
  const write = (input = note) => addNote(world.as(li), input);
  expect((await Promise.all([write(), write()])).map(({ id }) => id)).toEqual([note.id, note.id]);
  expect(await refusal(write({ ...note, text: '别的内容' }))).toBe('conflict');
  const item = { id: newId(), patientId: world.patientId, kind: 'allergy' as const, label: '一次的过敏' };
  const add = (input = item) => addHealthItem(world.as(li), input);
  expect((await Promise.all([add(), add()])).map(({ id }) => id)).toEqual([item.id, item.id]);
  expect(await refusal(add({ ...item, patientId: world.otherPatientId }))).toBe('conflict');
  const { notes, health } = await readPatient(world.as(li), world.patientId);
  expect(notes.filter(({ text }) => text === note.text)).toHaveLength(1);
  expect(health.filter(({ label }) => label === item.label)).toHaveLength(1);
});

test('[PA-2] [PA-5] a note is written by a clinician and kept as typed', async () => {
  const { li, nurse, reception, stranger } = world.people;
  const text = '<img src=x onerror=alert(1)> 36 叩痛 & "引号"';
  const input = { patientId: world.patientId, text, teeth: ['36'] };
  expect((await addNote(world.as(nurse), input)).text).toBe(text);
  expect(await refusal(addNote(world.as(reception), input))).toBe('forbidden');
  expect(await refusal(addNote(world.as(stranger), input))).toBe('not_found');
  const { notes } = await readPatient(world.as(li), world.patientId);
  expect(notes.some((note) => note.text === text)).toBe(true);
});

test('[PA-3] a health item that no longer holds is ended, once', async () => {
  const { li, reception } = world.people;
  const input = { patientId: world.patientId, kind: 'medication' as const, label: '阿司匹林' };
  expect(await refusal(addHealthItem(world.as(reception), input))).toBe('forbidden');
  const item = await addHealthItem(world.as(li), input);
  const labels = async () =>
    (await readPatient(world.as(li), world.patientId)).health.map(({ label }) => label);
  expect(await labels()).toContain('阿司匹林');
  await endHealthItem(world.as(li), item.id);
  expect(await labels()).not.toContain('阿司匹林');
  expect(await refusal(endHealthItem(world.as(li), item.id))).toBe('not_found');
});
