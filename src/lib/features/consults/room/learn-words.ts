import { m } from '#lib/paraglide/messages.js';
import type { LearnTopic } from '../waiting.ts';

/** [CN-36] What the texts are about. The texts themselves come when one is opened. */
const titles: Record<LearnTopic, () => string> = {
  'root-canal': m.learn_root_canal_title,
  extraction: m.learn_extraction_title,
  orthodontics: m.learn_orthodontics_title,
  gums: m.learn_gums_title,
  crown: m.learn_crown_title,
  children: m.learn_children_title,
  lining: m.learn_lining_title,
  'x-ray': m.learn_x_ray_title
};
export const learnTitle = (topic: LearnTopic): string => titles[topic]();
