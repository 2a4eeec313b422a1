/** Version 1 of the notice. Once a device has agreed to it, not a letter changes: a change is a new version. */
export const NOTICE_V1 = `Restante: what you agree to, in plain words

Restante passes messages between people's devices over the internet. Nothing happens before you say yes. Your yes starts with this device, ends when you say so, and counts for the purposes that you tick, each by itself.

Who is responsible
The operator of this relay. The relay names its operator beside this text, under "controller", and the name is part of what you sign. The relay runs on Cloudflare's servers; Cloudflare works for the operator and, as any host does, sees the internet address that you connect from.

What happens when you agree to "messaging"
Your device opens a mailbox on the relay. People to whom you give your contact card can leave sealed messages in it. When your device is connected, a message goes straight to it. When it is not, the message waits.

What the relay processes for this, and why
- Your device's address. It is a public key that your device made up for itself. It is not made from your name, your number or your hardware. It is needed to find your mailbox and to know that a request is yours.
- Your consent: this notice's version, the purposes, when and how you agreed, and your device's signature. It is needed to show that you agreed, to you first of all.
- Sealed messages that wait for you: their bytes, their size, and until when they are held. The bytes are locked on the sender's device with keys that only your device can undo.
- Public keys that your device leaves there so that people can write to you first.
- Technical marks: a counter that keeps an old request from being used again, a random value that makes your contact card valid, and, when a sender may take a message back, whether it was delivered or taken back. Also how many of the public keys were given out on one day, and when they last were as many as may be.
- The internet address of each request, for a minute, mixed with a secret so that it cannot be read back: to stop floods. It is not written to any log of the relay.

What the relay cannot do
It cannot read your messages. It is not told who sent them. It can see that a mailbox received something of a certain size at a certain time, and for how long a device is connected.

What is never collected
No IMEI, no IMSI, no serial number, no advertising identifier, no contact list, no location. No phone number is asked for, sent or looked up under this notice: that would be a purpose of its own, with a question of its own, and it does not exist here yet. Nothing is sold, and nothing is passed on to anybody.

How long
- A message: until your device confirms that it has it, or its time ends. The sender chooses the time. This relay's ceiling is shown beside this text, and no relay may hold a message longer than 7 days.
- The mark of a message that could be taken back: one day longer than the message's time; of one that was taken back before it came, eight days.
- Everything else in the mailbox, and your consent: until you end it.
- After the end: a line that some consent began and ended, under a random number and without your address, for three years; and a copy of your erasure receipt under the same number, for 30 days.

How to end it
One call, at any time, without a reason: "withdraw" in your app. The mailbox closes at once and is erased with everything in it, and so is your consent. You get a signed receipt of what was erased. Anyone who writes to you afterwards gets the same answer as if you had never been here. What you did before stays lawful; nothing else follows from leaving.

What backups mean
Cloudflare keeps backups of its databases for 30 days, and the operator cannot switch that off. For so long, rows that were deleted could in principle be brought back: sealed messages, public keys, your consent. A message that your device has confirmed stays unreadable even then, because your device has destroyed the only key to it. There is one exception. Your device leaves single-use keys here so that people can begin to write to you. When they are used up, a spare key serves until it comes online and leaves new ones. What a person who began on the spare key writes during the first day could be opened again with your device in hand, for as long as it keeps that key: three weeks at most. Your erasure receipt says which rows this concerns and until when.

Your rights
You can see everything that the relay holds about your device, with one call: "held" in your app. You can have a copy of your consent. You can complain to the operator, and to the data protection authority where you live.

If this notice changes in a way that matters, you are asked again.
`;
