/**
 * Invented people from many places, so that every script, direction and kind of name meets the software: names in two
 * scripts, without a Latin form's accents, double names, single names. No real person is meant.
 */
export interface Culture {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** BCP 47. */
  readonly language: string;
  readonly callingCode: number;
  readonly cities: readonly string[];
  readonly streets: readonly string[];
  readonly insurers: readonly string[];
  readonly families: readonly Name[];
  readonly women: readonly Name[];
  readonly men: readonly Name[];
  /** How a native name is put together; none where the Latin form is the native one. */
  readonly native?: 'given family' | 'family given' | 'familygiven';
}

/** A name, and the same name in its own script after a slash: `Selam/ሰላም`. */
export type Name = string;

const names = (text: string): readonly Name[] => text.split(', ');

export const cultures: readonly Culture[] = [
  {
    country: 'ET',
    language: 'am',
    callingCode: 251,
    cities: ['Addis Ababa', 'Adama', 'Bahir Dar'],
    streets: ['Lake Road', 'Churchill Lane', 'Meskel Street'],
    insurers: ['Example Mutual', 'Highland Health Fund'],
    families: names('Tesfaye/ተስፋዬ, Bekele/በቀለ, Haile/ኃይሌ, Girma/ግርማ, Alemu/አለሙ, Tadesse/ታደሰ, Worku/ወርቁ'),
    women: names('Selam/ሰላም, Hanna/ሐና, Tigist/ትዕግስት, Meron/ሜሮን, Almaz/አልማዝ'),
    men: names('Dawit/ዳዊት, Abebe/አበበ, Yonas/ዮናስ, Solomon/ሰለሞን, Elias/ኤልያስ'),
    native: 'given family',
  },
  {
    country: 'LB',
    language: 'ar',
    callingCode: 961,
    cities: ['Beirut', 'Tripoli', 'Zahlé'],
    streets: ['Rue de la Paix', 'Corniche', 'Cedar Street'],
    insurers: ['State Scheme', 'Levant Care'],
    families: names('Haddad/حداد, Khoury/خوري, Nassar/نصار, Saleh/صالح, Mansour/منصور, Aziz/عزيز, Farah/فرح'),
    women: names('Amal/أمل, Rania/رانيا, Layla/ليلى, Nour/نور, Mariam/مريم'),
    men: names('Omar/عمر, Karim/كريم, Ziad/زياد, Samir/سمير, Hassan/حسن'),
    native: 'given family',
  },
  {
    country: 'IN',
    language: 'hi',
    callingCode: 91,
    cities: ['Jaipur', 'Lucknow', 'Bhopal'],
    streets: ['Station Road', 'Gandhi Marg', 'Old Bazaar'],
    insurers: ['Acme & Sons Health', 'State Scheme'],
    families: names('Sharma/शर्मा, Verma/वर्मा, Gupta/गुप्ता, Yadav/यादव, Mishra/मिश्रा, Joshi/जोशी'),
    women: names('Priya/प्रिया, Anjali/अंजलि, Kavita/कविता, Sunita/सुनीता, Meera/मीरा'),
    men: names('Rahul/राहुल, Amit/अमित, Vikram/विक्रम, Arjun/अर्जुन, Sanjay/संजय'),
    native: 'given family',
  },
  {
    country: 'IN',
    language: 'ta',
    callingCode: 91,
    cities: ['Coimbatore', 'Madurai', 'Chennai'],
    streets: ['Temple Street', 'Market Street', 'Beach Road'],
    insurers: ['Acme & Sons Health', 'Southern Mutual'],
    families: names('Murugan/முருகன், Selvam/செல்வம், Rajan/ராஜன், Kumar/குமார், Pandian/பாண்டியன்'),
    women: names('Lakshmi/லட்சுமி, Meena/மீனா, Kavya/காவ்யா, Revathi/ரேவதி'),
    men: names('Karthik/கார்த்திக், Senthil/செந்தில், Suresh/சுரேஷ், Arun/அருண்'),
    native: 'given family',
  },
  {
    country: 'CN',
    language: 'zh',
    callingCode: 86,
    cities: ['上海', '成都', '西安'],
    streets: ['人民路', '中山路', '解放路'],
    insurers: ['Pearl Health', 'State Scheme'],
    families: names('Wang/王, Li/李, Zhang/张, Liu/刘, Chen/陈, Yang/杨'),
    women: names('Xiuying/秀英, Jing/静, Yan/艳, Mei/梅, Xiaoming/小明'),
    men: names('Wei/伟, Qiang/强, Jun/军, Lei/磊, Bo/波'),
    native: 'familygiven',
  },
  {
    country: 'KR',
    language: 'ko',
    callingCode: 82,
    cities: ['부산', '대구', '광주'],
    streets: ['중앙로', '시장길'],
    insurers: ['Han Mutual', 'State Scheme'],
    families: names('Kim/김, Lee/이, Park/박, Choi/최, Jung/정'),
    women: names('Seoyeon/서연, Jiwoo/지우, Minji/민지, Sujin/수진'),
    men: names('Minjun/민준, Jihoon/지훈, Hyunwoo/현우, Donghyun/동현'),
    native: 'familygiven',
  },
  {
    country: 'JP',
    language: 'ja',
    callingCode: 81,
    cities: ['札幌', '仙台', '福岡'],
    streets: ['中央通り', '駅前通り'],
    insurers: ['Kita Health Union', 'State Scheme'],
    families: names('Sato/佐藤, Suzuki/鈴木, Takahashi/高橋, Tanaka/田中, Ito/伊藤'),
    women: names('Yui/結衣, Sakura/桜, Keiko/恵子, Yoko/洋子'),
    men: names('Ken/健, Haruto/陽翔, Takashi/隆, Hiroshi/浩'),
    native: 'family given',
  },
  {
    country: 'UA',
    language: 'uk',
    callingCode: 380,
    cities: ['Харків', 'Львів', 'Одеса'],
    streets: ['вул. Садова', 'вул. Шкільна'],
    insurers: ['Steppe Mutual', 'State Scheme'],
    families: names(
      'Shevchenko/Шевченко, Kovalenko/Коваленко, Bondarenko/Бондаренко, Tkachenko/Ткаченко, Melnyk/Мельник',
    ),
    women: names('Olena/Олена, Iryna/Ірина, Oksana/Оксана, Natalia/Наталія'),
    men: names('Andriy/Андрій, Taras/Тарас, Mykola/Микола, Petro/Петро'),
    native: 'given family',
  },
  {
    country: 'IL',
    language: 'he',
    callingCode: 972,
    cities: ['חיפה', 'באר שבע'],
    streets: ['רחוב הגפן', 'רחוב הים'],
    insurers: ['Carmel Care', 'State Scheme'],
    families: names('Cohen/כהן, Levi/לוי, Mizrahi/מזרחי, Peretz/פרץ, Biton/ביטון'),
    women: names('Yael/יעל, Noa/נועה, Tamar/תמר, Michal/מיכל'),
    men: names('David/דוד, Yosef/יוסף, Amir/אמיר, Eitan/איתן'),
    native: 'given family',
  },
  {
    country: 'VN',
    language: 'vi',
    callingCode: 84,
    cities: ['Huế', 'Đà Nẵng', 'Cần Thơ'],
    streets: ['Đường Lê Lợi', 'Đường Trần Phú'],
    insurers: ['Red River Health', 'State Scheme'],
    families: names('Nguyễn, Trần, Lê, Phạm, Võ'),
    women: names('Thị Hoa, Thị Lan, Thu Trang, Minh Châu'),
    men: names('Văn Hùng, Minh Tuấn, Quang Huy, Đức Anh'),
  },
  {
    country: 'ES',
    language: 'es',
    callingCode: 34,
    cities: ['León', 'Cádiz', 'Logroño'],
    streets: ['Calle Mayor', 'Paseo del Río'],
    insurers: ['Sol Mutua', 'State Scheme'],
    families: names('García López, Martínez Ruiz, Fernández Gil, Sánchez Mora, Romero Díaz'),
    women: names('María José, Lucía, Carmen, Elena'),
    men: names('Javier, Álvaro, José Luis, Ángel'),
  },
  {
    country: 'TR',
    language: 'tr',
    callingCode: 90,
    cities: ['Iğdır', 'İzmir', 'Çorum'],
    streets: ['Çınar Sokak', 'İstasyon Caddesi'],
    insurers: ['Anadolu Örnek Sigorta', 'State Scheme'],
    families: names('Çelik, Yılmaz, Kaya, Şahin, Öztürk'),
    women: names('İpek, Ayşe, Elif, Zeynep'),
    men: names('Mehmet, Emre, Işık, Çağrı'),
  },
  {
    country: 'PL',
    language: 'pl',
    callingCode: 48,
    cities: ['Łódź', 'Gdańsk', 'Rzeszów'],
    streets: ['ul. Długa', 'ul. Lipowa'],
    insurers: ['Wisła Zdrowie', 'State Scheme'],
    families: names('Nowak, Wójcik, Kowalczyk, Woźniak, Łukasiewicz'),
    women: names('Żaneta, Agnieszka, Zofia, Łucja'),
    men: names('Łukasz, Paweł, Grzegorz, Stanisław'),
  },
  {
    country: 'SE',
    language: 'sv',
    callingCode: 46,
    cities: ['Malmö', 'Umeå', 'Västerås'],
    streets: ['Storgatan', 'Kyrkogatan'],
    insurers: ['Norr Trygg', 'State Scheme'],
    families: names('Åström, Lindqvist, Bergström, Sjöberg, Öberg'),
    women: names('Ebba, Maja, Åsa, Elin'),
    men: names('Björn, Göran, Nils, Åke'),
  },
  {
    country: 'NG',
    language: 'ig',
    callingCode: 234,
    cities: ['Enugu', 'Owerri', 'Onitsha'],
    streets: ['Market Road', 'Ogui Road'],
    insurers: ['Coal City Health', 'Example Mutual'],
    families: names('Okonkwo, Eze, Nwosu, Obi, Adeyemi'),
    women: names('Chidinma, Ngozi, Adaeze, Ifeoma'),
    men: names('Emeka, Chinedu, Tunde, Obinna'),
  },
  {
    country: 'IE',
    language: 'en',
    callingCode: 353,
    cities: ['Galway', 'Sligo', 'Dún Laoghaire'],
    streets: ['Harbour Road', 'Chapel Lane'],
    insurers: ['Shamrock Cover', 'Example Mutual'],
    families: names("O'Connor, Murphy, Byrne, Walsh, McCarthy"),
    women: names('Siobhán, Aoife, Niamh, Gráinne'),
    men: names('Seán, Eoin, Cormac, Tadhg'),
  },
  {
    country: 'ID',
    language: 'id',
    callingCode: 62,
    cities: ['Bandung', 'Surabaya'],
    streets: ['Jalan Merdeka', 'Jalan Melati'],
    insurers: ['Nusantara Sehat', 'State Scheme'],
    families: names('Suharto, Wulandari, Hidayat, Kusuma, Setiawan, Rahayu'),
    women: [''],
    men: [''],
  },
];
