/** Version 5 of the notice in German; v5.en.ts is the same in English. Once a device has agreed, not a letter changes. */
export const NOTICE_V5_DE = `Restante: worin Sie einwilligen, in klaren Worten

Restante überbringt Nachrichten zwischen den Geräten von Menschen über das Internet. Bevor Sie Ja sagen, geschieht nichts. Ihr Ja beginnt mit diesem Gerät, endet, wenn Sie es sagen, und gilt für die Zwecke, die Sie ankreuzen, für jeden einzeln. „messaging“ ist der, den die anderen brauchen; er braucht keinen von ihnen.

Wer verantwortlich ist
Wer dieses Relay betreibt. Das Relay nennt den Betreiber neben diesem Text, unter „controller“, und der Name ist Teil dessen, was Sie unterschreiben. Das Relay läuft auf Servern von Cloudflare; Cloudflare arbeitet für den Betreiber und sieht, wie jeder Hoster, die Internetadresse, von der aus Sie sich verbinden.

Was geschieht, wenn Sie in „messaging“ einwilligen
Ihr Gerät eröffnet ein Postfach auf dem Relay. Wem Sie Ihre Kontaktkarte geben, der kann dort verschlossene Nachrichten hinterlassen. Ist Ihr Gerät verbunden, geht eine Nachricht geradewegs zu ihm. Ist es das nicht, wartet sie.

Was geschieht, wenn Sie in „number“ einwilligen
Sie können zeigen, dass eine Telefonnummer Ihre ist, und dann fragen, ob Menschen, deren Nummern Sie haben, hier erreichbar sind. Ihr Gerät schickt dem Relay Ihre Nummer, und Sie bekommen per SMS einen Code, den Sie eintippen. Ihre Nummer sehen das Relay und wer die SMS dafür verschickt, mit dem Land neben diesem Text genannt, unter „numberVendors“, und die Telefonnetze auf dem Weg. Das Relay sieht sie, während es den Code verschicken lässt, während es prüft, was Sie getippt haben, während Ihr Gerät einen Nachweis darüber vorlegt, und, wenn man Sie über sie finden kann, wenn das Verzeichnis seinen Schlüssel wechselt und Ihr Gerät sie noch einmal schickt; und behält sie nicht. Was es behält, ist die Nummer, vermengt mit einem Geheimnis (ein Hashwert mit Schlüssel); ohne dieses Geheimnis kommt niemand von ihm auf die Nummer zurück.
Wenn Sie jemanden suchen, verbirgt Ihr Gerät die Nummer, bevor es fragt. Das Relay erfährt, dass Sie so und so viele Nummern gesucht haben, und von welcher Internetadresse aus; nicht welche, und nicht, ob Sie jemanden gefunden haben. Ihr Adressbuch wird nicht verschickt.

Was geschieht, wenn Sie in „discovery“ einwilligen
Wer Ihre Nummer schon hat, kann Ihr Gerät durch sie finden und Ihnen zum ersten Mal schreiben. Dafür bewahrt das Relay einen Eintrag mit der Adresse Ihres Geräts auf, so versiegelt, dass ihn nur finden und öffnen kann, wer Ihre Nummer nennt, und jedes Mal nur mit Hilfe des Relays. Wer so beginnt, Ihnen zu schreiben, wird einmal eingelassen, für höchstens 20 Nachrichten in acht Tagen, und erfährt nicht, ob Ihr Gerät verbunden ist. Wenn Sie nicht antworten, war es das.
Wenn jemand anderes zeigt, dass Ihre Nummer ihm gehört, etwa weil Ihre Telefongesellschaft sie ihm gegeben hat, nimmt er Ihren Platz im Verzeichnis ein. Solange Ihr Gerät in Gebrauch ist, wartet er 72 Stunden; Ihr Gerät erfährt davon und kann Nein sagen, indem es von Neuem zeigt, dass die Nummer Ihre ist, oder sie freigeben. Ihr Postfach und Ihre Unterhaltungen bleiben in jedem Fall Ihre.
Sie können in „number“ einwilligen, ohne gefunden zu werden. Um gefunden zu werden, brauchen Sie auch „number“, denn das Relay nimmt keine Nummer auf, von der nicht gezeigt wurde, dass sie Ihre ist.

Was das Relay dafür verarbeitet, und warum
- Die Adresse Ihres Geräts. Sie ist ein öffentlicher Schlüssel, den sich Ihr Gerät selbst ausgedacht hat. Sie ist weder aus Ihrem Namen noch aus Ihrer Nummer noch aus Ihrer Hardware gemacht. Sie wird gebraucht, um Ihr Postfach zu finden und zu wissen, dass eine Anfrage von Ihnen kommt.
- Ihre Einwilligung: die Fassung dieses Hinweises, die Zwecke, wann und wie Sie eingewilligt haben, und die Unterschrift Ihres Geräts. Sie wird gebraucht, um zu zeigen, dass Sie eingewilligt haben, zuallererst Ihnen selbst.
- Verschlossene Nachrichten, die auf Sie warten: ihre Bytes, ihre Größe, bis wann sie aufbewahrt werden, und wann sie kamen, auf die Tausendstelsekunde genau, damit Sie sie in der Reihenfolge bekommen, in der sie kamen. Die Bytes sind auf dem Gerät des Absenders mit Schlüsseln verschlossen, die nur Ihr Gerät aufsperrt.
- Öffentliche Schlüssel, die Ihr Gerät dort hinterlegt, damit man Ihnen zum ersten Mal schreiben kann.
- Technische Merkmale: ein Zähler, der verhindert, dass eine alte Anfrage noch einmal gilt; ein zufälliger Wert, der Ihre Kontaktkarte gültig macht; an welchem Tag Ihr Gerät zuletzt da war; und, wenn ein Absender eine Nachricht zurücknehmen darf, wann sie kam, ob sie zugestellt oder zurückgenommen wurde, und wann, auf die Tausendstelsekunde genau. Außerdem, wie viele der öffentlichen Schlüssel an einem Tag ausgegeben wurden, und wann es zuletzt so viele waren, wie es sein dürfen; und zufällige Merkmale derer, die Ihnen über Ihre Nummer zu schreiben begannen.
- Mit „number“: der Hashwert Ihrer Nummer mit Schlüssel, und wann Sie gezeigt haben, dass sie Ihre ist; zehn Minuten lang ein Code, unter Hashwerten mit Schlüssel, mit der Adresse Ihres Geräts daneben; und, unter Hashwerten Ihrer Nummer und Ihrer Internetadresse mit Schlüssel, wie viele Codes, Suchen und Empfehlungen verbraucht sind, um aufzuhalten, wer Nummern durchprobiert oder Fremden Codes schicken lässt.
- Mit „discovery“: der versiegelte Eintrag, und wann Sie gezeigt haben, dass die Nummer Ihre ist.
- Die Internetadresse jeder Anfrage, eine Minute lang, so mit einem Geheimnis vermengt, dass man sie nicht zurücklesen kann: um Fluten aufzuhalten. In kein Protokoll des Relays wird sie geschrieben.

Was das Relay nicht kann
Es kann Ihre Nachrichten nicht lesen. Es erfährt nicht, wer sie geschickt hat. Es kann sehen, dass in einem Postfach zu einer bestimmten Zeit etwas von einer bestimmten Größe ankam, und wie lange ein Gerät verbunden ist. Es erfährt nicht, wen Sie suchen. Wer seine Datenbank stiehlt, kann ihr nicht ansehen, wessen Nummern eingetragen sind. Wer außerdem die geheimen Schlüssel des Relays hat, könnte mit einigem Aufwand alle Nummern durchprobieren, die es gibt, und die eingetragenen finden; deshalb werden diese Schlüssel getrennt von der Datenbank aufbewahrt.

Was nie erhoben wird
Keine IMEI, keine IMSI, keine Seriennummer, keine Werbekennung, kein Adressbuch, kein Standort. Ohne den Zweck „number“ wird keine Telefonnummer erfragt, verschickt oder gesucht. Eine Nummer wird nie lesbar gespeichert, und nie verwendet, um Ihnen etwas anderes zu schicken als einen Code, den Sie verlangt haben. Nichts wird verkauft, und nichts wird an irgendjemanden weitergegeben außer an die neben diesem Text genannten Versender von SMS.

Wie lange
- Eine Nachricht: bis Ihr Gerät bestätigt, dass es sie hat, oder ihre Zeit endet. Die Zeit bestimmt der Absender. Die Obergrenze dieses Relays steht neben diesem Text, und kein Relay darf eine Nachricht länger als 7 Tage aufbewahren.
- Das Merkmal einer Nachricht, die zurückgenommen werden konnte: einen Tag länger als die Zeit der Nachricht; einer, die zurückgenommen wurde, bevor sie kam: acht Tage. Das Merkmal von jemandem, der Ihnen über Ihre Nummer zu schreiben begann: acht Tage.
- Ein Code und was dazugehört: zehn Minuten, auch wenn Sie inzwischen gehen. Wer die SMS verschickt hat, bewahrt vielleicht mehr darüber auf, und länger, wie es dessen eigene Regeln und das Gesetz sagen.
- Der Hashwert Ihrer Nummer mit Schlüssel: bis Sie den Zweck „number“ beenden oder jemand anderes Ihren Platz im Verzeichnis einnimmt. Der versiegelte Eintrag: bis Sie „discovery“ beenden oder sich austragen.
- Wie viele Codes, Suchen und Empfehlungen verbraucht sind: bis wieder so viele frei sind wie am Anfang, höchstens elf Tage, auch nachdem Sie gegangen sind. So bekommt niemand mehr, indem er geht und wiederkommt.
- Alles andere im Postfach, und Ihre Einwilligung: bis Sie sie beenden, oder bis Ihr Gerät 180 Tage lang nicht hier war.
- Nach dem Ende: drei Jahre lang eine Zeile, dass irgendeine Einwilligung begann und endete, unter einer Zufallszahl und ohne Ihre Adresse, und dann eine Prüfsumme davon, die über niemanden etwas sagt, bis alles gegangen ist, was so alt ist; und 30 Tage lang unter derselben Zahl eine Kopie Ihrer Löschbestätigung.
- Was an sein Ende gekommen ist, bekommt von da an niemand mehr. Das Postfach löscht es innerhalb einer Viertelstunde; was in den Verzeichnissen der Einwilligungen, Nummern und Bestätigungen steht, geht mit dem nächsten täglichen Lauf.

Wie Sie es beenden
Mit einem Aufruf, jederzeit, ohne Grund: „withdraw“ in Ihrer App. Das Postfach schließt sofort und wird mit allem darin gelöscht, ebenso Ihre Einwilligung, der Hashwert Ihrer Nummer und Ihr Eintrag im Verzeichnis. Sie bekommen eine unterschriebene Bestätigung darüber, was gelöscht wurde. Wer Ihnen danach schreibt, bekommt dieselbe Antwort, als wären Sie nie hier gewesen. Sie können auch einen einzelnen Zweck beenden, indem Sie von Neuem nur in die anderen einwilligen. Kommt Ihr Gerät 180 Tage lang nicht vorbei, verfällt Ihre Einwilligung, und dasselbe geschieht ohne einen Aufruf. Was Sie vorher getan haben, bleibt rechtmäßig; sonst folgt aus dem Gehen nichts.

Was Sicherungen bedeuten
Cloudflare bewahrt Sicherungen seiner Datenbanken 30 Tage lang auf, und der Betreiber kann das nicht abschalten. So lange könnten gelöschte Zeilen grundsätzlich zurückgeholt werden: verschlossene Nachrichten, öffentliche Schlüssel, Ihre Einwilligung, der Hashwert Ihrer Nummer, Ihr versiegelter Eintrag, der Hashwert eines Codes. Eine Nachricht, die Ihr Gerät bestätigt hat, bleibt auch dann unlesbar, weil Ihr Gerät den einzigen Schlüssel dazu vernichtet hat. Eine Ausnahme gibt es. Ihr Gerät hinterlegt hier Schlüssel zum einmaligen Gebrauch, damit man Ihnen zum ersten Mal schreiben kann. Sind sie aufgebraucht, dient ein Ersatzschlüssel, bis es sich verbindet und neue hinterlegt. Was jemand, der mit dem Ersatzschlüssel begann, am ersten Tag schreibt, ließe sich mit Ihrem Gerät in der Hand wieder öffnen, solange es diesen Schlüssel behält: höchstens drei Wochen. Ihre Löschbestätigung sagt, welche Zeilen das betrifft und bis wann.

Ihre Rechte
Sie können alles, was das Relay über Ihr Gerät aufbewahrt, mit einem Aufruf sehen: „held“ in Ihrer App. Sie können eine Kopie Ihrer Einwilligung haben. Sie können sich beim Betreiber beschweren, und bei der Datenschutzbehörde, wo Sie wohnen.

Ändert sich dieser Hinweis so, dass es darauf ankommt, werden Sie neu gefragt. Bis Sie eingewilligt haben, kann niemand etwas in Ihrem Postfach hinterlassen, und niemand findet Sie über Ihre Nummer. Was schon auf Sie wartet, lässt sich abholen, Sie können alles ansehen, was aufbewahrt wird, und Sie können gehen.

Diesen Hinweis gibt es in mehreren Sprachen, und Ihr Ja gilt für ihn in allen. Sollten sie Verschiedenes sagen, gilt der Text, den Sie gelesen haben.
`;
