// As much of a browser as the client's modules look at when they are loaded, where there is none: import this first.
Object.assign(globalThis, { document: {}, HTMLFormElement: class {} });
