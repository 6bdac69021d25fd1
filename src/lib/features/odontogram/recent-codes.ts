import { isFindingCode, type FindingCode } from './findings.ts';

const key = 'consilium.recent-findings';
const kept = 4;

/** The codes last used on this device, newest first. Codes only: nothing of a patient stays behind. */
export function recentCodes(storage: Pick<Storage, 'getItem'> | undefined): FindingCode[] {
  return (storage?.getItem(key) ?? '').split(',').filter(isFindingCode).slice(0, kept);
}

export function rememberCode(
  storage: Pick<Storage, 'getItem' | 'setItem'> | undefined,
  code: FindingCode
): void {
  storage?.setItem(
    key,
    [code, ...recentCodes(storage).filter((other) => other !== code)].slice(0, kept).join(',')
  );
}
