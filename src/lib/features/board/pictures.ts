/** Where the board's pictures come from, unless the page around says otherwise. */
export { loadFrame as loadPicture } from '#lib/features/imaging/frame.ts';
