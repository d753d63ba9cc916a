import type { Part } from './setting.js';
export const measureReal: Part = async () => [];
