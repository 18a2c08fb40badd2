import {
  connectionLost,
  type Delivery,
  type Letter,
  type Link,
  type Mailbox,
} from '../../../common/bus/link.ts';

/** A link whose broker is the test: every letter waits for its decision. */
export class FakeLink implements Link {
  readonly letters: (Letter & { accept: (routed?: boolean) => void; refuse: (error: Error) => void })[] = [];
  readonly mailboxes: FakeMailbox[] = [];
  /** What `open` fails with, one after the other. */
  readonly openErrors: Error[] = [];
  readonly #over = new AbortController();

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  post(letter: Letter): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const accept = (routed = true): void => {
        resolve(routed);
      };
      this.letters.push({ ...letter, accept, refuse: reject });
    });
  }

  open(): Promise<Mailbox> {
    const error = this.openErrors.shift();
    if (error !== undefined) return Promise.reject(error);
    const mailbox = new FakeMailbox();
    this.mailboxes.push(mailbox);
    return Promise.resolve(mailbox);
  }

  answer(): void {
    throw new Error('not used');
  }

  publish(): Promise<void> {
    return Promise.resolve();
  }

  bind(): Promise<void> {
    return Promise.resolve();
  }

  unbind(): Promise<void> {
    return Promise.resolve();
  }

  /** The connection breaks: what waits for a decision is lost. */
  close(): Promise<void> {
    this.#over.abort(new Error('broken'));
    for (const { refuse } of this.letters) refuse(connectionLost());
    return Promise.resolve();
  }
}

export class FakeMailbox implements Mailbox {
  deliver: ((delivery: Delivery) => void) | undefined;
  cancel: (() => void) | undefined;
  closed = false;

  start(deliver: (delivery: Delivery) => void, cancelled: () => void): Promise<void> {
    this.deliver = deliver;
    this.cancel = cancelled;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
