import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { othersOf } from '../state/selectors.ts';
import { useApp, useAppState, useDispatch } from '../ui/context.ts';
import { IconButton } from '../ui/button.tsx';

const maxLength = 4000;

/** Chooses who reads the message. */
const Receiver = (): JSX.Element | null => {
  const state = useAppState((all) => all);
  const dispatch = useDispatch();
  const others = othersOf(state);
  if (others.length === 0) return null;
  return (
    <label class="receiver">
      <span>To</span>
      <select
        value={state.chatTo ?? ''}
        onChange={(event) => {
          dispatch({ type: 'chat-to', id: event.currentTarget.value || null });
        }}
      >
        <option value="">Everybody</option>
        {others.map((person) => (
          <option key={person.id} value={person.id}>
            {person.user} (privately)
          </option>
        ))}
      </select>
    </label>
  );
};

export const Composer = ({ open }: { open: boolean }): JSX.Element => {
  const { controls } = useApp();
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // On phones the keyboard would cover what was written before.
    if (open && matchMedia('(hover: hover)').matches) field.current?.focus();
  }, [open]);
  const send = (): void => {
    const message = text.trim();
    if (message === '') return;
    controls.say(message);
    setText('');
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Receiver />
      <div class="composer-field">
        <textarea
          ref={field}
          value={text}
          rows={1}
          maxLength={maxLength}
          placeholder="Write a message"
          aria-label="Message"
          onInput={(event) => {
            setText(event.currentTarget.value);
          }}
          onKeyDown={(event) => {
            // Enter also ends a word in input methods (Japanese, Chinese): that one must not send.
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <IconButton icon="send" size="small" label="Send" disabled={text.trim() === ''} onClick={send} />
      </div>
    </form>
  );
};
