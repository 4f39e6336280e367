// Made from pycommunicate/protocol/names.json by `python3 dev.py wire`. Change that file, not this one.

export const ELEMENTS = "animate animatemotion animatetransform base embed fencedframe frame iframe link meta noembed noframes object param plaintext script set style xmp";
export const UNREAD = "constructor innerhtml outerhtml prototype srcdoc";
export const UNWRITTEN = "password protocol username";
export const RULES: readonly (readonly [rule: string, names: string, elements?: string])[] = [
  ["css", "clip-path cursor fill filter marker marker-end marker-mid marker-start mask stroke style"],
  ["own", "action formaction ping"],
  ["refuse", "allow allowfullscreen attributename attributetype attributionsrc base credentialless csp http-equiv httpequiv manifest nonce sandbox srcdoc"],
  ["srcset", "imagesrcset srcset"],
  ["url", "background cite data href longdesc lowsrc poster src"],
  ["css", "innertext outertext text textcontent", "style"],
  ["own", "data", "object"],
  ["own", "href", "link use"],
  ["own", "src", "embed fencedframe frame iframe"],
  ["refuse", "by from href to values", "animate animatemotion animatetransform set"],
  ["refuse", "content name", "meta"],
  ["refuse", "href innertext outertext src text textcontent type", "script"],
  ["refuse", "href target", "base"],
  ["refuse", "rel rellist", "link"],
];
