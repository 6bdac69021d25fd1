export { freePort, isPortFree } from '../../server/launch/ports.ts';
