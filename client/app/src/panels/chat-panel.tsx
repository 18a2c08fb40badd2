import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { groupMessages } from '../state/chat-groups.ts';
import { useAppState } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';
import { splitLinks } from '../ui/links.ts';
import { formatClock } from '../ui/time.ts';
import type { MessageGroup } from '../state/chat-groups.ts';
import { Composer } from './composer.tsx';
import { PanelFrame } from './panel.tsx';

const MessageText = ({ text }: { text: string }): JSX.Element => (
  <>
    {splitLinks(text).map((part, index) =>
      part.href === undefined ? (
        part.text
      ) : (
        <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
          {part.text}
        </a>
      ),
    )}
  </>
);

const Group = ({ group }: { group: MessageGroup }): JSX.Element => (
  <li class={`message-group ${group.mine ? 'mine' : ''} ${group.privateTo === null ? '' : 'private'}`}>
    <div class="message-head">
      <span class="message-name">{group.mine ? 'You' : group.name}</span>
      {group.privateTo !== null && (
        <span class="message-private">
          <Icon name="lock" size={14} />
          <span>{group.mine ? `to ${group.privateTo}` : 'only you'}</span>
        </span>
      )}
      <time dateTime={new Date(group.at).toISOString()}>{formatClock(group.at)}</time>
    </div>
    {group.messages.map((message) => (
      <p key={message.key} class={`message ${message.delivery}`}>
        <MessageText text={message.text} />
        {message.delivery === 'failed' && <span class="message-note">Not sent</span>}
        {message.delivery === 'pending' && <span class="message-note">Waiting to be sent…</span>}
      </p>
    ))}
  </li>
);

const Empty = (): JSX.Element => (
  <div class="panel-empty">
    <Icon name="chat" size={32} />
    <p>No messages yet</p>
    <small>Messages reach the people who are in the call now and are not kept after it.</small>
  </div>
);

/** Distance from the end, in pixels, at which new messages still pull the list along. */
const followWithin = 80;

/** Stays when it is closed, so that what was being written is not lost. */
export const ChatPanel = ({ open }: { open: boolean }): JSX.Element => {
  const messages = useAppState((state) => state.messages);
  const list = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  useLayoutEffect(() => {
    const element = list.current;
    if (element && following.current) element.scrollTop = element.scrollHeight;
  }, [messages, open]);
  return (
    <PanelFrame title="Chat" name="chat" hidden={!open}>
      {messages.length === 0 ? (
        <Empty />
      ) : (
        <div
          ref={list}
          class="messages"
          role="log"
          aria-label="Messages"
          tabIndex={0}
          onScroll={({ currentTarget: element }) => {
            const rest = element.scrollHeight - element.scrollTop - element.clientHeight;
            following.current = rest < followWithin;
          }}
        >
          <ol>
            {groupMessages(messages).map((group) => (
              <Group key={group.key} group={group} />
            ))}
          </ol>
        </div>
      )}
      <Composer open={open} />
    </PanelFrame>
  );
};
