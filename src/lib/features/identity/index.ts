export { default as AuthFrame } from './AuthFrame.svelte';
export { default as IdleGuard } from './IdleGuard.svelte';
export { default as PasskeyButton } from './PasskeyButton.svelte';
export { default as PlacementForm } from './PlacementForm.svelte';
export { default as PlaceGuard } from './PlaceGuard.svelte';
export { default as SessionList } from './SessionList.svelte';
export { default as SecondFactorCard } from './SecondFactorCard.svelte';
export { default as StepUpForm } from './StepUpForm.svelte';
