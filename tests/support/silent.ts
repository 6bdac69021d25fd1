import type { Logger } from '#lib/kernel/ports.ts';

/** For tests that look at what happens, not at what is said of it. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
