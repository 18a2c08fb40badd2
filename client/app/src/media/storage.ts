const prefix = 'portico.';

/** What the person chose last time; a browser that keeps nothing (private mode, blocked storage) is fine too. */
export const remember = (key: string, value: string): void => {
  try {
    localStorage.setItem(prefix + key, value);
  } catch {
    // Only a convenience: the page works the same without it.
  }
};

export const recall = (key: string): string | undefined => {
  try {
    return localStorage.getItem(prefix + key) ?? undefined;
  } catch {
    return undefined;
  }
};
