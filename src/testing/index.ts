/** `holdfast/testing`: what an application needs to test itself, and us, without waiting. */
export { createVirtualEnv, type VirtualEnv } from './virtual-env.ts';
