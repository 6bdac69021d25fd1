/**
 * How long a medical record must be kept. Source: 医疗机构病历管理规定(2013年版), 国卫医发〔2013〕31号, 第二十九条:
 * outpatient and emergency records kept by the institution at least 15 years from the patient's last visit, inpatient
 * records at least 30 years from the last discharge.
 */
export const retentionYears = { outpatient: 15, inpatient: 30 } as const;

/** What an organisation may choose: the law's years for outpatients, which Consilium keeps records of, or longer. */
export const retentionChoices = [15, 20, 30, 50] as const;

/** Why a deletion is refused. */
export const refusals = ['hold', 'retention'] as const;
export type Refusal = (typeof refusals)[number];

/**
 * The last day the record must be kept, `YYYY-MM-DD`, from the day of the last visit. From 29 February it runs to
 * 1 March where the year has no such day: kept a day longer rather than a day less.
 */
export function keepUntil(lastVisit: string, years: number = retentionYears.outpatient): string {
  if (years < retentionYears.outpatient) throw new RangeError('shorter than the law allows');
  const [year, month, day] = lastVisit.split('-').map(Number) as [number, number, number];
  return new Date(Date.UTC(year + years, month - 1, day)).toISOString().slice(0, 10);
}

/** What stands against deleting on `today`; a hold goes before the date. Null: nothing. */
export function refusalOf(at: { today: string; keepUntil: string; held: boolean }): Refusal | null {
  if (at.held) return 'hold';
  return at.today <= at.keepUntil ? 'retention' : null;
}
