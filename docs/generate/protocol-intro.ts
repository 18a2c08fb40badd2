/** What a reader must know before the single requests. */
export const protocolIntro = `# Client protocol

What a client and a portal say to each other. The browser SDK speaks it for you ([sdk.md](sdk.md)); this page is for
those who write a client of their own, or want to know what they see in the network tab.

## Connection

Socket.IO 4 (Engine.IO 4, and 3 for older clients) at the default path \`/socket.io/\` of the portal, default namespace.
A connection must send \`login\` within \`[portal].login_timeout_ms\` or it is closed.

A **request** is an event with at most one argument and an acknowledgement:

\`\`\`js
socket.emit('publish', { media: { tracks: [{ type: 'audio' }] }, transport: { type: 'mediasoup' } }, (status, result) => {
  // status 'ok':    result is the answer
  // status 'error': result is { code, message, field?, retryAfterMs? }
});
\`\`\`

Every request is checked before anything happens: an unknown key, a wrong type or a value out of bounds is answered with
\`bad_request\` and the name of the field. The connection stays up. The codes are a closed list: [errors.md](errors.md).

A **notification** is an event without acknowledgement. Those *in the log of the room* reach all participants they are
meant for in the same order and come with a second argument, \`{ epoch, seq, prev }\`: their position in the log, and that of
the previous one meant for this participant. What \`login.cursor\` covers is in the state that came with it. Transient
notifications come with one argument and may be lost.

## Protocol version

\`login.protocol\` is \`portico/1\` for everything described here. \`1.0\`, \`1.1\` and \`1.2\` are the names that Open
WebRTC Toolkit's clients use for theirs: those are answered with plain sentences instead of error objects. SDP negotiation
(\`transport.type\` \`webrtc\`) and the other requests that those clients need to exchange media are not there yet.

## Staying connected

A participant whose connection breaks keeps its place, its streams and its transports for \`[reconnection].window_ms\`; the
others see \`connection: 'lost'\`. Within that time its client comes back on any portal:

1. \`login\` and \`relogin\` answer with a \`ticket\`. Every use gives a new one; the one before stays good until the client has
   shown that it has the new one, so an answer that was lost does no harm. \`refreshReconnectionTicket\` renews it before it
   expires (\`notAfter\`, ms, in the base64 JSON that it is).
2. \`ack\` says how far the client has got in the log of the room. What it has not acknowledged is kept for it.
3. On a new connection \`relogin\` takes the place of \`login\`: with the ticket, the position of the last notification the
   client has (\`cursor\`) and the media it still holds (\`held\`). The answer comes first, then what was missed
   (\`resume: 'replay'\`) or, when that is not there any more, the texts that are left and \`room\`
   (\`'snapshot'\`): the difference to what the client knows counts as events. Without \`cursor\` the answer shows the room
   (\`'fresh'\`).
4. A notification whose \`prev\` (of the same \`epoch\`) is after the last one received shows a gap: \`resync\` has it filled.
5. When an older connection of the same participant is still open it is told \`drop\` with \`replaced\` and closed; its page
   should stay away. A portal that is about to end sends \`portals\` with \`move: true\`; the client goes to one of those listed,
   when it likes, and its old connection is closed without a word.

Requests that arrive before the login wait for it for two seconds. A connection that ends without \`drop\` and without the
client having asked for it is one to come back from, also when a portal ends.

## Order of a session

1. \`login\` with a token and \`transports: ['send', 'recv']\`: the answer holds the state of the room, the codecs of the
   router, both transports and the ICE servers.
2. To send: \`publish\` (what will be sent), then \`produce\` for each track. The room announces the stream to everybody
   when all of its tracks are there.
3. To receive: \`subscribe\` to a stream, \`consume\` each track, then \`resume\`. Consumers start paused so that no key
   frame is wasted on a client that is not ready.
4. \`connectTransport\` once for each transport, when the first track needs it (mediasoup-client asks for it).

Requests that only concern the media (\`connectTransport\`, \`produce\`, \`consume\`, \`resume\`, \`setLayers\`, \`restartIce\`,
\`getStats\`) go from the portal straight to the access agent; all others are decided by the owner of the room.`;
