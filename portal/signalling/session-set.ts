import type { Session } from './session.ts';

/** The connections of a portal. */
export class SessionSet {
  readonly #sessions = new Set<Session>();
  readonly #waiting = new Set<() => void>();

  add(session: Session): void {
    this.#sessions.add(session);
  }

  delete(session: Session): void {
    this.#sessions.delete(session);
    for (const look of [...this.#waiting]) look();
  }

  all(): Session[] {
    return [...this.#sessions];
  }

  /** Resolves when none of a kind is left. */
  async without(kind: (session: Session) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = () => {
        if (this.all().some(kind)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}
