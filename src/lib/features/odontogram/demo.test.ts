import { expect, it } from 'vitest';
import { demoFindings, type DemoMouth } from './demo.ts';
import { checkFinding } from './findings.ts';

const mouths: DemoMouth[] = ['adult', 'elderly', 'child', 'orthodontic', 'implant', 'periodontal'];
it.each(mouths)('[OD-5] every demo finding of a %s mouth is one a dentist could record', (mouth) => {
  for (let index = 0; index < 12; index++)
    for (const finding of demoFindings({ mouth, index })) expect(() => checkFinding(finding)).not.toThrow();
});
