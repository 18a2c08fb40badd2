/** Quality of 0 to 10, as the server reports it, as one to three bars. */
export const barsOf = (score: number): 1 | 2 | 3 => {
  if (score >= 8) return 3;
  return score >= 5 ? 2 : 1;
};
