import type { ModelName } from '../split.ts'

/** A program of a model, by its role; names and answers vary. */
export interface Role {
  role: string
  in: string
  names: readonly string[]
  says: readonly string[]
  /** Roles that it asks for each of its own answers. */
  calls?: readonly string[]
  isStateful?: true
  /** Some worlds of the model do without it. */
  isOptional?: true
}

export interface ModelClient {
  in: string
  names: readonly string[]
  calls: string
  people: string
  act: string
  worked: string
  lost: string
  isOptional?: true
}

/** A kind of system: who asks whom, in which namespaces, and what people do with it. */
export interface Model {
  businesses: readonly string[]
  companies: readonly string[]
  /** Namespaces by what they are for, each with names to choose from. */
  namespaces: Readonly<Record<string, readonly string[]>>
  roles: readonly Role[]
  clients: readonly ModelClient[]
}

const words = (text: string): readonly string[] => text.split(' ')

export const models: Readonly<Record<ModelName, Model>> = {
  storefront: {
    businesses: ['sells tea and coffee to three countries', 'sells tools to craftspeople', 'sells plants by mail'],
    companies: ['Harbour Trading', 'Bergmann and Daughters', 'Green Lane', 'Oak and Anvil', 'Fennel Street'],
    namespaces: { front: words('shop storefront webshop market'), back: words('orders backoffice fulfilment sales') },
    roles: [
      {
        role: 'web',
        in: 'front',
        names: words('web shopfront storefrontweb pages'),
        says: ['basket taken'],
        calls: ['catalog', 'orders'],
      },
      {
        role: 'catalog',
        in: 'front',
        names: words('catalog assortment products shelf'),
        says: ['212 articles', '97 articles'],
      },
      {
        role: 'orders',
        in: 'back',
        names: words('orders purchases orderdesk checkout'),
        says: ['order booked'],
        calls: ['payments'],
      },
      { role: 'payments', in: 'back', names: words('payments cashier billing'), says: ['amount reserved'] },
      {
        role: 'vouchers',
        in: 'back',
        names: words('vouchers coupons discounts'),
        says: ['3 vouchers'],
        isOptional: true,
      },
    ],
    clients: [
      {
        in: 'front',
        names: words('customers shoppers visitors'),
        calls: 'web',
        people: 'customers',
        act: 'buy anything',
        worked: 'bought',
        lost: 'could not buy',
      },
      {
        in: 'back',
        names: words('bookkeeping accounts auditdesk'),
        calls: 'payments',
        people: 'the bookkeepers',
        act: 'see what was paid',
        worked: 'payments read',
        lost: 'no payments to read',
      },
    ],
  },
  pipeline: {
    businesses: ['scans paper archives for towns', 'turns film reels into files', 'prints photographs by post'],
    companies: ['Lumen Scan', 'Reelhouse', 'Paper Lantern', 'Fjord Imaging', 'Second Copy'],
    namespaces: {
      in: words('intake receiving desk'),
      work: words('processing mill workshop'),
      out: words('delivery dispatchout shipping'),
    },
    roles: [
      {
        role: 'intake',
        in: 'in',
        names: words('intake receiver counter'),
        says: ['parcel accepted'],
        calls: ['sorter'],
      },
      {
        role: 'sorter',
        in: 'work',
        names: words('sorter splitter batcher'),
        says: ['batch 12 of 40'],
        calls: ['converter'],
      },
      {
        role: 'converter',
        in: 'work',
        names: words('converter developer renderer'),
        says: ['frame converted'],
        calls: ['vault'],
      },
      { role: 'vault', in: 'out', names: words('vault depot keeper'), says: ['stored with checksum'] },
      { role: 'labels', in: 'out', names: words('labels stickers stamps'), says: ['label printed'], isOptional: true },
    ],
    clients: [
      {
        in: 'in',
        names: words('scanners feeders operators'),
        calls: 'intake',
        people: 'the people at the scanners',
        act: 'hand in a batch',
        worked: 'batch handed in',
        lost: 'batch comes back',
      },
      {
        in: 'out',
        names: words('couriers drivers pickups'),
        calls: 'vault',
        people: 'couriers',
        act: 'collect finished work',
        worked: 'collected',
        lost: 'nothing to collect',
      },
    ],
  },
  tenants: {
    businesses: [
      'runs booking software for hotels',
      'runs rostering for hospitals',
      'runs membership software for clubs',
    ],
    companies: ['Innkeeper Cloud', 'Rota Works', 'Clubhouse Systems', 'Quarterdeck', 'Many Rooms'],
    namespaces: {
      one: words('tenantalder alderhotels teamalder'),
      two: words('tenantbirch birchgroup teambirch'),
      shared: words('platform sharedservices core'),
    },
    roles: [
      {
        role: 'first',
        in: 'one',
        names: words('desk booking frontdesk'),
        says: ['alder: room 204'],
        calls: ['accounts', 'mailer'],
      },
      {
        role: 'second',
        in: 'two',
        names: words('roster roster reception'),
        says: ['birch: room 11'],
        calls: ['accounts'],
      },
      { role: 'accounts', in: 'shared', names: words('accounts identities logins'), says: ['login known'] },
      { role: 'mailer', in: 'shared', names: words('mailer letters notifier'), says: ['letter queued'] },
      { role: 'exports', in: 'shared', names: words('exports downloads dumps'), says: ['export 7'], isOptional: true },
    ],
    clients: [
      {
        in: 'one',
        names: words('guests frontoffice callers'),
        calls: 'first',
        people: 'the guests of the first customer',
        act: 'book',
        worked: 'booked',
        lost: 'booking refused',
      },
      {
        in: 'two',
        names: words('staff nightshift planners'),
        calls: 'second',
        people: 'the staff of the second customer',
        act: 'see their plan',
        worked: 'plan shown',
        lost: 'no plan',
      },
    ],
  },
  telemetry: {
    businesses: [
      'watches wind turbines for their owners',
      'measures rivers for the flood service',
      'counts traffic for cities',
    ],
    companies: ['Gale Watch', 'Riverline', 'Crossing Counters', 'Nine Masts', 'Tidemark'],
    namespaces: {
      field: words('field edge stations'),
      store: words('series measurements timeseries'),
      look: words('boards views controlroom'),
    },
    roles: [
      {
        role: 'collector',
        in: 'field',
        names: words('collector ingest gatherer'),
        says: ['sample taken'],
        calls: ['writer'],
      },
      {
        role: 'writer',
        in: 'store',
        names: words('writer appender recorder'),
        says: ['sample written'],
        calls: ['index'],
      },
      { role: 'index', in: 'store', names: words('seriesindex lookup tags'), says: ['81 series', '1204 series'] },
      { role: 'query', in: 'look', names: words('query reader graphapi'), says: ['graph drawn'], calls: ['index'] },
      { role: 'alerts', in: 'look', names: words('alerts sirens warnings'), says: ['all quiet'], isOptional: true },
    ],
    clients: [
      {
        in: 'field',
        names: words('sensors turbines gauges'),
        calls: 'collector',
        people: 'the stations',
        act: 'deliver what they measure',
        worked: 'delivered',
        lost: 'kept, not delivered',
      },
      {
        in: 'look',
        names: words('controldesk wallboard duty'),
        calls: 'query',
        people: 'the control room',
        act: 'see any graph',
        worked: 'graph seen',
        lost: 'graph empty',
      },
    ],
  },
  dispatch: {
    businesses: [
      'sends plumbers to people with wet floors',
      'brings meals to the elderly',
      'drives children with wheelchairs to school',
    ],
    companies: ['Quick Wrench', 'Warm Plate', 'Door to Door', 'Blue Van', 'Errand Office'],
    namespaces: {
      desk: words('desk hotline calls'),
      plan: words('planning tours schedules'),
      fleet: words('fleet vans garage'),
    },
    roles: [
      {
        role: 'hotline',
        in: 'desk',
        names: words('hotline switchboard callersapi'),
        says: ['somebody comes at ten'],
        calls: ['planner'],
      },
      {
        role: 'planner',
        in: 'plan',
        names: words('planner tourmaker schedulerapi'),
        says: ['tour 5'],
        calls: ['drivers', 'maps'],
      },
      { role: 'maps', in: 'plan', names: words('maps streets routes'), says: ['14 minutes'] },
      { role: 'drivers', in: 'fleet', names: words('drivers crew vehicles'), says: ['17 vans'] },
      { role: 'tank', in: 'fleet', names: words('fuelcards charging parking'), says: ['card valid'], isOptional: true },
    ],
    clients: [
      {
        in: 'desk',
        names: words('people citizens phones'),
        calls: 'hotline',
        people: 'people who call',
        act: 'get an appointment',
        worked: 'appointment made',
        lost: 'no appointment',
      },
      {
        in: 'fleet',
        names: words('yard foremen mechanics'),
        calls: 'drivers',
        people: 'the yard',
        act: 'see who drives what',
        worked: 'list printed',
        lost: 'list missing',
      },
    ],
  },
  ledger: {
    businesses: [
      'keeps the accounts of small charities',
      'clears payments between ferries',
      'keeps loyalty points for bakeries',
    ],
    companies: ['Plain Ledger', 'Ferry Clearing', 'Crumb Points', 'Sum and Carry', 'North Quay Clearing'],
    namespaces: { api: words('clearing counterapi tills'), books: words('books ledger journal') },
    roles: [
      {
        role: 'tills',
        in: 'api',
        names: words('tills posting bookingapi'),
        says: ['posted'],
        calls: ['rules', 'shards'],
      },
      { role: 'rules', in: 'api', names: words('rules checks policyapi'), says: ['rule 9 passed'] },
      { role: 'shards', in: 'books', names: words('shards pages volumes'), says: ['page open'], isStateful: true },
      { role: 'balance', in: 'books', names: words('balance totals sums'), says: ['balance zero'], calls: ['shards'] },
    ],
    clients: [
      {
        in: 'api',
        names: words('branches cashiers clerks'),
        calls: 'tills',
        people: 'the branches',
        act: 'post a payment',
        worked: 'posted',
        lost: 'not posted',
      },
      {
        in: 'books',
        names: words('auditors controllers monthend'),
        calls: 'balance',
        people: 'the auditors',
        act: 'read a balance',
        worked: 'balance read',
        lost: 'balance unreadable',
      },
    ],
  },
  library: {
    businesses: [
      'lends books to four towns',
      'keeps the catalogue of a natural history museum',
      'lends instruments to schools',
    ],
    companies: ['Four Towns Library', 'Museum on the Hill', 'Borrowed Strings', 'Reading Room', 'Old Herbarium'],
    namespaces: { hall: words('hall readingroom lending'), stack: words('stacks cellar magazine') },
    roles: [
      {
        role: 'lending',
        in: 'hall',
        names: words('lending loans issuedesk'),
        says: ['lent for 3 weeks'],
        calls: ['members', 'shelf'],
      },
      { role: 'members', in: 'hall', names: words('members cards readersapi'), says: ['card valid'] },
      { role: 'shelf', in: 'stack', names: words('shelf positions finder'), says: ['row 14'], calls: ['stock'] },
      { role: 'stock', in: 'stack', names: words('stock copies holdings'), says: ['2 copies'], isStateful: true },
      {
        role: 'covers',
        in: 'stack',
        names: words('covers pictures thumbnails'),
        says: ['cover sent'],
        isOptional: true,
      },
    ],
    clients: [
      {
        in: 'hall',
        names: words('readers borrowers visitors'),
        calls: 'lending',
        people: 'readers',
        act: 'borrow anything',
        worked: 'borrowed',
        lost: 'sent home without',
      },
      {
        in: 'stack',
        names: words('librarians runners trolley'),
        calls: 'shelf',
        people: 'the librarians',
        act: 'find a copy',
        worked: 'copy found',
        lost: 'copy not found',
      },
    ],
  },
  portal: {
    businesses: [
      'runs the citizen portal of a county',
      'runs the parents portal of forty schools',
      'runs a portal for landlords and tenants',
    ],
    companies: ['County Online', 'Schoolgate', 'Key and Lease', 'Town Hall Direct', 'Counter Nine'],
    namespaces: {
      public: words('portal publicsite frontdoor'),
      records: words('records registry files'),
      access: words('access signin identity'),
    },
    roles: [
      {
        role: 'portal',
        in: 'public',
        names: words('portal forms deskweb'),
        says: ['form received'],
        calls: ['sessions', 'filing'],
      },
      { role: 'sessions', in: 'access', names: words('sessions signin tickets'), says: ['signed in'] },
      {
        role: 'filing',
        in: 'records',
        names: words('filing cabinets casefiles'),
        says: ['case filed'],
        calls: ['register'],
      },
      { role: 'register', in: 'records', names: words('register folio rolls'), says: ['entry 4410'] },
      { role: 'news', in: 'public', names: words('news notices board'), says: ['no news'], isOptional: true },
    ],
    clients: [
      {
        in: 'public',
        names: words('citizens parents households'),
        calls: 'portal',
        people: 'citizens',
        act: 'hand in a form',
        worked: 'form handed in',
        lost: 'form bounced',
      },
      {
        in: 'records',
        names: words('officers registrars caseworkers'),
        calls: 'register',
        people: 'case workers',
        act: 'open the register',
        worked: 'register open',
        lost: 'register closed',
      },
    ],
  },
  clinic: {
    businesses: ['runs two clinics and a laboratory', 'runs a practice of eleven doctors', 'runs an animal hospital'],
    companies: ['Lakeside Clinics', 'Eleven Doctors', 'Paw Hospital', 'Marketplace Practice', 'Saint Anne Laboratory'],
    namespaces: {
      ward: words('reception ward frontoffice'),
      lab: words('lab laboratory diagnostics'),
      files: words('patientfiles charts archive'),
    },
    roles: [
      {
        role: 'booking',
        in: 'ward',
        names: words('booking appointments calendar'),
        says: ['slot held'],
        calls: ['charts', 'results'],
      },
      { role: 'charts', in: 'files', names: words('charts histories letters'), says: ['chart opened'] },
      {
        role: 'results',
        in: 'lab',
        names: words('results findings values'),
        says: ['blood count'],
        calls: ['analysers'],
      },
      { role: 'analysers', in: 'lab', names: words('analysers devices bench'), says: ['device idle'] },
      { role: 'meals', in: 'ward', names: words('meals kitchen menu'), says: ['soup'], isOptional: true },
    ],
    clients: [
      {
        in: 'ward',
        names: words('patients waitingroom callers'),
        calls: 'booking',
        people: 'patients',
        act: 'get an appointment',
        worked: 'appointment given',
        lost: 'no appointment',
      },
      {
        in: 'lab',
        names: words('technicians nurses porters'),
        calls: 'results',
        people: 'the laboratory',
        act: 'read a finding',
        worked: 'finding read',
        lost: 'finding missing',
      },
    ],
  },
}
