import { describe, expect, it } from 'vitest';
import { canAdd, readQuickEntry, suggestProcedures } from './quick-entry.ts';
import type { ProcedureCode } from './procedures.ts';

const names: Partial<Record<ProcedureCode, string>> = {
  root_canal: '根管治疗 Root canal treatment',
  root_canal_retreatment: '根管再治疗 Root canal retreatment',
  sealant: '窝沟封闭 Fissure sealant',
  scaling: '全口洁治 Scaling'
};
const suggest = (line: string) => suggestProcedures(readQuickEntry(line), (code) => names[code] ?? code);

describe('the quick line', () => {
  it.each([
    ['36 根管', ['36'], [], '', '根管'],
    ['36根管', ['36'], [], '', '根管'],
    ['16、26 窝沟', ['16', '26'], [], '', '窝沟'],
    ['16,26,16 sealant', ['16', '26'], [], '', 'sealant'],
    ['36 DO 充填', ['36'], [], 'OD', '充填'],
    ['11 MI 充填', ['11'], [], 'MI', '充填'],
    ['36 do it', ['36'], [], '', 'do it'],
    ['49 冠', [], ['49'], '', '冠'],
    ['洁治', [], [], '', '洁治'],
    ['３６ 根管', ['36'], [], '', '根管'],
    ['', [], [], '', '']
  ])('[TP-9] %j', (line, teeth, unknown, surfaces, query) => {
    const entry = readQuickEntry(line);
    expect({ ...entry, surfaces: entry.surfaces.join('') }).toEqual({ teeth, unknown, surfaces, query });
  });

  it('[TP-9] finds a procedure by either language, the nearest first', () => {
    expect(suggest('36 根管')).toEqual(['root_canal', 'root_canal_retreatment']);
    expect(suggest('16 26 sealant')).toEqual(['sealant']);
    expect(suggest('洁治')).toEqual(['scaling']);
    expect(suggest('36 zzz')).toEqual([]);
  });

  it('[TP-9] wants a tooth where the procedure does', () => {
    expect(canAdd('root_canal', [])).toBe(false);
    expect(canAdd('root_canal', ['36'])).toBe(true);
    expect(canAdd('scaling', [])).toBe(true);
  });
});
