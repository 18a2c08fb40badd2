import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { inviteLink } from '../params.ts';
import { useAppState, useDispatch } from './context.ts';
import { Icon } from './icon.tsx';

const copiedFor = 2500;

/** Copies the address of the room. */
export const CopyLink = ({ compact = false }: { compact?: boolean }): JSX.Element => {
  const room = useAppState((state) => state.room);
  const dispatch = useDispatch();
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    const link = inviteLink(location.href, room);
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
      setTimeout(() => {
        setCopied(false);
      }, copiedFor);
    } catch {
      // Clipboards are closed to pages without HTTPS: show the link so that it can be copied by hand.
      dispatch({ type: 'toast', tone: 'info', text: link });
    }
  };
  return (
    <button
      type="button"
      class={compact ? 'copy-link compact' : 'copy-link'}
      title="Copy the link of this room"
      onClick={() => void copy()}
    >
      <Icon name={copied ? 'check' : 'link'} size={18} />
      <span aria-live="polite">{copied ? 'Link copied' : compact ? 'Invite' : 'Copy invite link'}</span>
    </button>
  );
};
