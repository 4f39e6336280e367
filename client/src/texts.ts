import { document } from "./native.ts";

type Text = "lost" | "renewed" | "full" | "ended" | "back" | "failed" | "cookies" | "reload";

const ENGLISH: Record<Text, string> = {
  lost: "Connection lost. Reconnecting…",
  renewed: "The page was renewed; your last action may not have been carried out.",
  full: "Too much is waiting for the connection. Your last action was not recorded.",
  cookies: "This page needs cookies, and the browser did not send them. Please open it in a tab of its own.",
  back: "Connected again.",
  failed: "Something went wrong. Your last action may not have been carried out.",
  ended: "This page cannot go on. Please load it again.",
  reload: "Reload",
};

const TEXTS: Record<string, Record<Text, string>> = {
  de: {
    lost: "Verbindung unterbrochen. Wird wiederhergestellt …",
    renewed: "Die Seite wurde erneuert; Ihre letzte Aktion wurde vielleicht nicht ausgeführt.",
    full: "Zu viel wartet auf die Verbindung. Ihre letzte Aktion wurde nicht erfasst.",
    cookies: "Diese Seite braucht Cookies, und der Browser hat sie nicht gesendet. Bitte öffnen Sie sie in einem eigenen Tab.",
    back: "Wieder verbunden.",
    failed: "Etwas ist schiefgegangen. Ihre letzte Aktion wurde vielleicht nicht ausgeführt.",
    ended: "Diese Seite kann nicht fortgesetzt werden. Bitte laden Sie sie neu.",
    reload: "Neu laden",
  },
  fr: {
    lost: "Connexion perdue. Reconnexion…",
    renewed: "La page a été renouvelée ; votre dernière action n’a peut-être pas été effectuée.",
    full: "Trop d’actions attendent la connexion. La dernière n’a pas été enregistrée.",
    cookies: "Cette page a besoin de cookies, que le navigateur n’a pas envoyés. Veuillez l’ouvrir dans son propre onglet.",
    back: "Connexion rétablie.",
    failed: "Une erreur s’est produite. Votre dernière action n’a peut-être pas été effectuée.",
    ended: "Cette page ne peut pas continuer. Veuillez la recharger.",
    reload: "Recharger",
  },
  es: {
    lost: "Conexión perdida. Reconectando…",
    renewed: "La página se ha renovado; es posible que su última acción no se haya realizado.",
    full: "Hay demasiadas acciones en espera de conexión. La última no se ha registrado.",
    cookies: "Esta página necesita cookies y el navegador no las ha enviado. Ábrala en su propia pestaña.",
    back: "Conexión restablecida.",
    failed: "Algo ha fallado. Es posible que su última acción no se haya realizado.",
    ended: "Esta página no puede continuar. Vuelva a cargarla.",
    reload: "Recargar",
  },
};

/** A text of our own in the language of the page. */
export function text(name: Text): string {
  const language = document.documentElement.lang.slice(0, 2).toLowerCase();
  return (TEXTS[language] ?? ENGLISH)[name];
}
