/** What other rooms may use in the browser. */
export { default as Odontogram } from './Odontogram.svelte';
export type { ToothAct } from './tooth-act.ts';
export { default as FindingList } from './FindingList.svelte';
export { default as FindingRow } from './FindingRow.svelte';
export { default as StatusSwatch } from './StatusSwatch.svelte';
export { pendingFinding } from './chart.ts';
export type { ChartView, FindingView, ProposalGhost } from './chart.ts';
export type { FindingCode, FindingDraft, FindingStatus } from './findings.ts';
export { codeName, findingText, gradeName, statusName, surfaceName, toothName } from './labels.ts';
export { isTooth, parseTooth, surfacesOf, teeth, type Surface, type Tooth } from './teeth.ts';
