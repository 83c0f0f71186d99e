// What the parts of the Annotate page share: what the server sends, what is at hand, what was answered.

/** @typedef {import("../../ui/context.js").Context} Context */

/**
 * @typedef {object} Facts what the page knows from the start
 * @property {string[]} class_names
 * @property {{value: string, words: string}[]} undecided the answers that name no class
 * @property {number} comment_most characters
 * @property {string} problem why nothing can be labelled
 */

/** @typedef {{label?: string, verdict?: string}} Choice a class, or a verdict that names none */

/**
 * @typedef {object} Task an example to label; its ticket names it
 * @property {string} ticket
 * @property {string} image a data URL, or in a reply the address of a large picture; "" where there is none
 * @property {HTMLElement} [picture]
 */

/**
 * @typedef {object} Stored an answer as the server has stored it
 * @property {string} event_id
 * @property {string} ticket
 * @property {string} said the class, or the verdict that names none
 * @property {string} verdict
 * @property {string} comment
 * @property {string} given
 * @property {string} predicted
 * @property {"blind" | "label"} shown
 * @property {number} done
 * @property {number} total
 */

/** @typedef {Stored & {words: Stored[], image: string}} StoredExample the last answer, and those before it */

/**
 * @typedef {object} Answer
 * @property {string} event_id
 * @property {string} label
 * @property {string} verdict
 * @property {string} [comment]
 * @property {Stored} [stored] once it is stored
 */

/** @typedef {{ticket: string, image: string, answers: Answer[]}} Labelled an example with its answers, latest last */

/**
 * @typedef {object} Examples the server's reply to a request for examples
 * @property {string} name the annotator
 * @property {string} run
 * @property {Task[]} examples
 * @property {string[]} over tickets at hand that were labelled elsewhere
 * @property {number} done
 * @property {number} total
 * @property {boolean} later whether other annotators have all that is left
 * @property {StoredExample} [last]
 */

/**
 * @typedef {object} State
 * @property {Facts | null} facts
 * @property {string | null} name the annotator, once the server has named them
 * @property {boolean} started whether the page has been in view
 * @property {Task[]} ahead the first one is in view
 * @property {Labelled[]} labelled latest last
 * @property {Labelled | null} changing the one that is open again, to be changed
 * @property {Task | Labelled | null} inView
 * @property {number} done
 * @property {number} total
 * @property {number} storedCount answers of this page that the server has stored
 * @property {boolean} isLater
 * @property {boolean} isEmpty whether the server has nothing more
 * @property {boolean} isOldest whether the server has no earlier answers
 * @property {string} notice what is shown in place of an example
 * @property {string} trouble why examples could not be fetched
 * @property {string[]} recent classes, latest first
 * @property {Labelled | null} commentOf whose comment is in the field
 * @property {string} draft the comment on the next example, while another is in the field
 * @property {{id: string, comment: string, image: string}[]} dropped comments on examples that were labelled elsewhere
 * @property {Map<string, string>} refusedImages by event id
 */

/**
 * @typedef {object} Session
 * @property {HTMLElement} element
 * @property {Context["server"]} server
 * @property {State} state
 * @property {import("./clock.js").Clock} clock
 * @property {import("../../ui/outbox.js").Outbox} outbox
 * @property {import("./queue.js").Queue} queue
 * @property {import("../../ui/zoom.js").Zoom} zoom
 * @property {() => void} draw
 * @property {() => void} search updates the list of classes
 */

/** @returns {State} */
export function newState() {
  return {
    facts: null, name: null, started: false, ahead: [], labelled: [], changing: null, inView: null, done: 0, total: 0,
    storedCount: 0, isLater: false, isEmpty: false, isOldest: false, notice: "", trouble: "", recent: [],
    commentOf: null, draft: "", dropped: [], refusedImages: new Map(),
  };
}
