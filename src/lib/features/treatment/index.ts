/** What other rooms may use in the browser. */
export { default as BookVisit } from './BookVisit.svelte';
export { default as PlanList } from './PlanList.svelte';
export { default as WorkingPlans } from './WorkingPlans.svelte';
export { default as PlanEditor } from './PlanEditor.svelte';
export {
  nextItem,
  parsePlanDraft,
  progressOf,
  type ItemStatus,
  type PlanDraft,
  type PlanItemDraft,
  type PlanItemView,
  type PlanStatus,
  type PlanView
} from './plan.ts';
export { itemName, itemStatusName, phaseName, planStatusName, procedureName, visitsText } from './labels.ts';
