/** Version 5 of the notice in English; v5.de.ts is the same in German. Once a device has agreed, not a letter changes. */
export const NOTICE_V5_EN = `Restante: what you agree to, in plain words

Restante passes messages between people's devices over the internet. Nothing happens before you say yes. Your yes starts with this device, ends when you say so, and counts for the purposes that you tick, each by itself. "messaging" is the one that the others need; it needs none of them.

Who is responsible
The operator of this relay. The relay names its operator beside this text, under "controller", and the name is part of what you sign. The relay runs on Cloudflare's servers; Cloudflare works for the operator and, as any host does, sees the internet address that you connect from.

What happens when you agree to "messaging"
Your device opens a mailbox on the relay. People to whom you give your contact card can leave sealed messages in it. When your device is connected, a message goes straight to it. When it is not, the message waits.

What happens when you agree to "number"
You can show that a phone number is yours, and then ask whether people whose numbers you have can be reached here. Your device sends your number to the relay, and you get a code by SMS that you type in. Your number is seen by the relay and by whoever sends the SMS for it, named with their country beside this text, under "numberVendors", and by the phone networks on the way. The relay sees it while it has the code sent, while it checks what you typed, while your device hands in a proof of it, and, if people can find you by it, when the directory changes its key and your device sends it once more; and does not keep it. What it keeps is the number mixed with a secret (a keyed hash), from which nobody without that secret can get it back.
When you look somebody up, your device hides the number before it asks. The relay learns that you looked up so and so many numbers, and from which internet address; not which ones, and not whether you found anybody. Your address book is not sent.

What happens when you agree to "discovery"
People who have your number already can find your device by it, and begin to write to you. For that the relay keeps an entry of your device's address, sealed so that it can be found and opened only by somebody who names your number, with the relay's help each time. Whoever begins to write to you that way is let in once, for at most 20 messages within eight days, and does not learn whether your device is connected. If you do not answer, that was it.
If somebody else shows that your number is theirs, for example because your phone company gave it to them, they take your place in the directory. While your device is in use they wait for 72 hours, and your device is told and can say no by showing again that the number is yours, or let it go. Your mailbox and your conversations stay yours in any case.
You can agree to "number" without being found, and to be found you need "number" too, because the relay lists no number that was not shown to be yours.

What the relay processes for this, and why
- Your device's address. It is a public key that your device made up for itself. It is not made from your name, your number or your hardware. It is needed to find your mailbox and to know that a request is yours.
- Your consent: this notice's version, the purposes, when and how you agreed, and your device's signature. It is needed to show that you agreed, to you first of all.
- Sealed messages that wait for you: their bytes, their size, until when they are held, and when they came, to the thousandth of a second, so that you get them in the order in which they came. The bytes are locked on the sender's device with keys that only your device can undo.
- Public keys that your device leaves there so that people can write to you first.
- Technical marks: a counter that keeps an old request from being used again, a random value that makes your contact card valid, on which day your device was last there, and, when a sender may take a message back, when it came, whether it was delivered or taken back, and when, to the thousandth of a second. Also how many of the public keys were given out on one day, and when they last were as many as may be; and random marks of those who began to write to you by your number.
- With "number": the keyed hash of your number and when you showed it to be yours; for ten minutes a code, under keyed hashes, with your device's address beside it; and, under keyed hashes of your number and of your internet address, how many codes, look-ups and introductions were used, to stop whoever tries out numbers or has codes sent to strangers.
- With "discovery": the sealed entry, and when you showed the number to be yours.
- The internet address of each request, for a minute, mixed with a secret so that it cannot be read back: to stop floods. It is not written to any log of the relay.

What the relay cannot do
It cannot read your messages. It is not told who sent them. It can see that a mailbox received something of a certain size at a certain time, and for how long a device is connected. It does not learn whom you look up. Whoever steals its database can't tell from it whose numbers are registered. Whoever holds the relay's secret keys as well could try out all numbers there are, at some cost, and find those that are listed; for that reason these keys are kept apart from the database.

What is never collected
No IMEI, no IMSI, no serial number, no advertising identifier, no contact list, no location. No phone number is asked for, sent or looked up without the purpose "number". A number is never stored in readable form, and never used to send you anything but a code that you asked for. Nothing is sold, and nothing is passed on to anybody but the senders of SMS named beside this text.

How long
- A message: until your device confirms that it has it, or its time ends. The sender chooses the time. This relay's ceiling is shown beside this text, and no relay may hold a message longer than 7 days.
- The mark of a message that could be taken back: one day longer than the message's time; of one that was taken back before it came, eight days. The mark of somebody who began to write to you by your number: eight days.
- A code and what belongs to it: ten minutes, also if you leave meanwhile. Whoever sent the SMS may keep more about it, and longer, as their own rules and the law say.
- The keyed hash of your number: until you end the purpose "number", or somebody else takes your place in the directory. The sealed entry: until you end "discovery" or take yourself off the list.
- The counts of codes, look-ups and introductions: until as many are free again as at first, eleven days at most, also after you left. So nobody gets more by leaving and coming back.
- Everything else in the mailbox, and your consent: until you end it, or until your device has not been here for 180 days.
- After the end: a line that some consent began and ended, under a random number and without your address, for three years, and then a checksum of it that says nothing of anybody, until all that is as old has gone too; and a copy of your erasure receipt under the same number, for 30 days.
- Whatever has come to its end is handed to nobody from that moment on. The mailbox erases it within a quarter of an hour; what stands in the records of consents, numbers and receipts goes with the next daily run.

How to end it
One call, at any time, without a reason: "withdraw" in your app. The mailbox closes at once and is erased with everything in it, and so is your consent, the keyed hash of your number and your entry in the directory. You get a signed receipt of what was erased. Anyone who writes to you afterwards gets the same answer as if you had never been here. You can also end a single purpose by agreeing anew to the others only. If your device does not come by for 180 days, your consent lapses, and the same happens without a call. What you did before stays lawful; nothing else follows from leaving.

What backups mean
Cloudflare keeps backups of its databases for 30 days, and the operator cannot switch that off. For so long, rows that were deleted could in principle be brought back: sealed messages, public keys, your consent, the keyed hash of your number, your sealed entry, the keyed hash of a code. A message that your device has confirmed stays unreadable even then, because your device has destroyed the only key to it. There is one exception. Your device leaves single-use keys here so that people can begin to write to you. When they are used up, a spare key serves until it comes online and leaves new ones. What a person who began on the spare key writes during the first day could be opened again with your device in hand, for as long as it keeps that key: three weeks at most. Your erasure receipt says which rows this concerns and until when.

Your rights
You can see everything that the relay holds about your device, with one call: "held" in your app. You can have a copy of your consent. You can complain to the operator, and to the data protection authority where you live.

If this notice changes in a way that matters, you are asked again. Until you have agreed, nobody can leave anything in your mailbox and nobody finds you by your number. What waits for you already can be fetched, you can see everything that is held, and you can leave.

This notice is there in several languages, and your yes counts for it in all of them. Should they say different things, the one that you read counts.
`;
