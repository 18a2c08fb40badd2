import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Button, IconButton } from '../../../app/src/ui/button.tsx';
import { sentence } from '../api/failure.ts';
import { useLive } from '../live/context.ts';

interface DialogProps {
  title: string;
  children: ComponentChildren;
  onClose: () => void;
  size?: 'wide';
}

/** A native dialog: focus stays inside, Esc closes it, focus returns to where it was. */
export const Dialog = ({ title, children, onClose, size }: DialogProps): JSX.Element => {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} class={`dialog ${size ?? ''}`} aria-labelledby={id} onClose={onClose}>
      <header class="dialog-head">
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" size="small" label="Close" onClick={() => dialog.current?.close()} />
      </header>
      {children}
    </dialog>
  );
};

interface FormProps {
  /** What the button says. */
  submit: string;
  tone?: 'primary' | 'danger';
  disabled?: boolean;
  children: ComponentChildren;
  /** Throws what is to be shown as the reason why it did not go. */
  onSubmit: () => Promise<void>;
  onCancel: () => void;
}

/** Fields and what to do with them; says inside the dialog why something did not go. */
export const DialogForm = ({ submit, tone = 'primary', ...props }: FormProps): JSX.Element => {
  const live = useLive();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const send = async (): Promise<void> => {
    setBusy(true);
    setProblem('');
    try {
      await props.onSubmit();
    } catch (error) {
      setProblem(sentence(error));
    } finally {
      setBusy(false);
      live.refresh();
    }
  };
  return (
    <form
      class="dialog-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void send();
      }}
    >
      <div class="dialog-fields">{props.children}</div>
      {problem !== '' && (
        <p class="form-error" role="alert">
          {problem}
        </p>
      )}
      <footer>
        <Button onClick={props.onCancel}>Cancel</Button>
        <Button type="submit" kind={tone} busy={busy} disabled={props.disabled === true}>
          {submit}
        </Button>
      </footer>
    </form>
  );
};

export interface Question {
  title: string;
  text: ComponentChildren;
  /** What the button says that does it. */
  confirm: string;
  act: () => Promise<void>;
}

/** Asks before something that cannot be taken back. */
const Confirm = ({ question, onClose }: { question: Question; onClose: () => void }): JSX.Element => (
  <Dialog title={question.title} onClose={onClose}>
    <DialogForm
      submit={question.confirm}
      tone="danger"
      onCancel={onClose}
      onSubmit={async () => {
        await question.act();
        onClose();
      }}
    >
      <p>{question.text}</p>
    </DialogForm>
  </Dialog>
);

/** A question that may be asked, and the dialog to place. */
export const useConfirm = (): [(question: Question) => void, JSX.Element | null] => {
  const [question, ask] = useState<Question>();
  const close = (): void => {
    ask(undefined);
  };
  return [ask, question === undefined ? null : <Confirm question={question} onClose={close} />];
};
