/** What other rooms may use in the browser. The viewer itself is loaded by ImageStrip when first opened. */
export { default as ImageStrip } from './ImageStrip.svelte';
export { default as ToothImages } from './ToothImages.svelte';
export { forgetFrames } from './frame.ts';
export { imageKindName, imageLabel, lateralityName, scaleSourceName } from './labels.ts';
export type { ImageView } from './view.ts';
export type { Calibration, GreyWindow, ImageKind, Laterality, PixelSpacing } from './image.ts';
