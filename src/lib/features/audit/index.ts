export { actionText, actionWords } from './words.ts';
