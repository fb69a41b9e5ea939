/** Number of honest connections. */
export const honestCount = 20;
