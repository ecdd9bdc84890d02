export const RATE = 0.19;
