-- The rows of the sample. The same on every machine and every day: what is not written out comes
-- from generate_series by fixed arithmetic, never from random() or now().

INSERT INTO academics.departments (department_id, name, code) VALUES
  (1, 'Computer Science', 'CS'),
  (2, 'Physics', 'PHY'),
  (3, 'Mathematics', 'MATH'),
  (4, 'Biology', 'BIO'),
  (5, 'Chemistry', 'CHEM'),
  (6, 'History', 'HIST'),
  (7, 'Economics', 'ECON'),
  -- founded this autumn: no courses and no students yet
  (8, 'Linguistics', 'LING');

INSERT INTO academics.courses (course_id, department_id, code, title, credits) VALUES
  (1, 1, 'CS-101', 'Introduction to Programming', 6),
  (2, 1, 'CS-210', 'Algorithms and Data Structures', 6),
  (3, 1, 'CS-230', 'Databases', 5),
  (4, 1, 'CS-340', 'Operating Systems', 5),
  (5, 1, 'CS-410', 'Machine Learning', 6),
  (6, 2, 'PHY-101', 'Mechanics', 6),
  (7, 2, 'PHY-120', 'Electromagnetism', 6),
  (8, 2, 'PHY-310', 'Quantum Physics', 8),
  (9, 2, 'PHY-350', 'Astrophysics', 4),
  (10, 3, 'MATH-101', 'Calculus I', 6),
  (11, 3, 'MATH-102', 'Calculus II', 6),
  (12, 3, 'MATH-140', 'Linear Algebra', 5),
  (13, 3, 'MATH-220', 'Probability', 5),
  (14, 3, 'MATH-330', 'Topology', 4),
  (15, 4, 'BIO-101', 'Cell Biology', 6),
  (16, 4, 'BIO-210', 'Genetics', 6),
  (17, 4, 'BIO-320', 'Ecology', 4),
  (18, 5, 'CHEM-101', 'General Chemistry', 6),
  (19, 5, 'CHEM-230', 'Organic Chemistry', 6),
  (20, 6, 'HIST-110', 'The Ancient World', 4),
  (21, 6, 'HIST-240', 'Cities of the Middle Ages', 3),
  (22, 7, 'ECON-101', 'Microeconomics', 5);

INSERT INTO academics.students
  (student_id, first_name, last_name, date_of_birth, enrollment_date, major_department_id) VALUES
  (1, 'John', 'Doe', '2003-05-14', '2022-09-01', 1),
  (2, 'Amara', 'Nwosu', '2002-11-30', '2021-09-01', 2),
  (3, 'Søren', 'Lindqvist', '2004-02-29', '2022-09-01', 3),
  (4, 'Maeve', 'O''Brien', '2005-08-09', '2024-02-12', 4),
  (5, 'Kenji', 'Watanabe', '2006-01-21', '2025-09-01', 1),
  -- has not declared a major
  (6, 'Lucía', 'Ferrer', '2007-07-02', '2026-09-01', NULL);

-- 54 more: nine to each autumn from 2021 to 2026, one in nine without a major. Both names step
-- through lists whose lengths have no common factor, so that no full name comes twice.
INSERT INTO academics.students
  (student_id, first_name, last_name, date_of_birth, enrollment_date, major_department_id)
SELECT
  6 + n,
  (ARRAY['Alice', 'Bruno', 'Chidi', 'Daria', 'Elif', 'Farid', 'Grace', 'Hugo', 'Ines', 'Jonas',
         'Kavya'])[1 + n % 11],
  (ARRAY['Almeida', 'Becker', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'Garcia', 'Haddad', 'Ivanov',
         'Jansen', 'Kowalski', 'Laurent', 'Moreau'])[1 + n % 13],
  date '2002-03-01' + 31 * n,
  make_date(2021 + (n - 1) / 9, 9, 1 + n % 5),
  CASE WHEN n % 9 = 0 THEN NULL ELSE 1 + (n * n + n / 7) % 7 END
FROM generate_series(1, 54) AS n;

-- Three courses a student, the courses apart by five so that none comes twice for one student:
-- one in the first spring, one a year later, and one in the fall of 2026 that has no grade yet.
INSERT INTO academics.enrollments
  (enrollment_id, student_id, course_id, semester, year, grade)
SELECT
  3 * (s.student_id - 1) + k,
  s.student_id,
  1 + (s.student_id * 3 + 5 * k) % 22,
  CASE WHEN k = 3 THEN 'Fall' ELSE 'Spring' END,
  CASE WHEN k = 3 THEN 2026 ELSE extract(year FROM s.enrollment_date)::integer + k END,
  CASE WHEN k = 3 THEN NULL ELSE (ARRAY['A', 'B', 'B', 'C', 'A', 'D', 'C', 'F'])
    [1 + (s.student_id + 3 * k) % 8] END
FROM academics.students AS s
CROSS JOIN generate_series(1, 3) AS k
WHERE k = 3 OR extract(year FROM s.enrollment_date)::integer + k <= 2026;

-- John Doe failed Databases and takes it again: the same course, in two semesters.
INSERT INTO academics.enrollments
  (enrollment_id, student_id, course_id, semester, year, grade) VALUES
  (1001, 1, 3, 'Fall', 2024, 'F'),
  (1002, 1, 3, 'Fall', 2025, 'B');

INSERT INTO staff.employees (employee_id, first_name, last_name, email, hire_date, position) VALUES
  (1, 'Helena', 'Voss', 'helena.voss@university.example', '2009-10-01', 'Professor'),
  (2, 'Tomás', 'Rivera', 'tomas.rivera@university.example', '2012-04-15', 'Professor'),
  (3, 'Priya', 'Raman', 'priya.raman@university.example', '2015-09-01', 'Professor'),
  (4, 'Oskar', 'Nyberg', 'oskar.nyberg@university.example', '2018-12-31', 'Professor'),
  (5, 'Fatima', 'Zahra', 'fatima.zahra@university.example', '2019-01-01', 'Professor'),
  (6, 'Daniel', 'Okoye', 'daniel.okoye@university.example', '2016-03-01', 'Associate Professor'),
  (7, 'Mirela', 'Popescu', 'mirela.popescu@university.example', '2019-08-19', 'Associate Professor'),
  (8, 'Wei', 'Zhang', 'wei.zhang@university.example', '2020-02-03', 'Associate Professor'),
  (9, 'Clara', 'Weiss', 'clara.weiss@university.example', '2021-09-01', 'Lecturer'),
  (10, 'Samuel', 'Adeyemi', 'samuel.adeyemi@university.example', '2022-09-01', 'Lecturer'),
  (11, 'Ingrid', 'Halvorsen', 'ingrid.halvorsen@university.example', '2017-09-01', 'Lecturer'),
  (12, 'Noah', 'Fontaine', 'noah.fontaine@university.example', '2023-01-16', 'Research Assistant'),
  (13, 'Yuki', 'Mori', 'yuki.mori@university.example', '2024-03-01', 'Research Assistant'),
  (14, 'Lea', 'Brandt', 'lea.brandt@university.example', '2025-10-01', 'Research Assistant'),
  (15, 'Marco', 'Bianchi', 'marco.bianchi@university.example', '2014-06-01', 'Librarian'),
  (16, 'Agnes', 'Kovacs', 'agnes.kovacs@university.example', '2011-11-07', 'Librarian'),
  (17, 'Peter', 'Novak', 'peter.novak@university.example', '2013-05-20', 'Technician'),
  (18, 'Joana', 'Silva', 'joana.silva@university.example', '2020-07-01', 'Technician'),
  (19, 'Ahmed', 'Mansour', 'ahmed.mansour@university.example', '2026-03-02', 'Technician'),
  (20, 'Ruth', 'Adler', 'ruth.adler@university.example', '2008-01-14', 'Registrar');

-- A first salary by position, and since 2025 three per cent more for those hired before 2024.
INSERT INTO staff.salaries (salary_id, employee_id, amount, effective_date)
SELECT
  e.employee_id,
  e.employee_id,
  CASE e.position
    WHEN 'Professor' THEN 86000.00
    WHEN 'Associate Professor' THEN 71500.00
    WHEN 'Lecturer' THEN 58250.50
    WHEN 'Registrar' THEN 62000.00
    ELSE 41999.99
  END + 250 * (e.employee_id % 4),
  e.hire_date
FROM staff.employees AS e;

INSERT INTO staff.salaries (salary_id, employee_id, amount, effective_date)
SELECT 100 + s.employee_id, s.employee_id, round(s.amount * 1.03, 2), date '2025-01-01'
FROM staff.salaries AS s
WHERE s.effective_date < date '2024-01-01';

INSERT INTO facilities.buildings (building_id, name, address, construction_year) VALUES
  (1, 'Old Main', '1 University Square', 1887),
  (2, 'Curie Laboratory', '14 Garden Street', 1964),
  (3, 'Lovelace Hall', '3 Science Park', 2000),
  (4, 'Noether Building', '5 Science Park', 2004),
  (5, 'Riverside Library', '22 Quay Road', 2015),
  -- handed over without a room in use
  (6, 'Greenhouse Campus', '80 Orchard Lane', 2025);

INSERT INTO facilities.rooms (room_id, building_id, room_number, capacity, room_type)
SELECT
  n,
  1 + (n - 1) / 5,
  (100 * (1 + (n - 1) % 5 / 2) + n)::text,
  (ARRAY[24, 60, 12, 120, 30])[1 + (n - 1) % 5] + 2 * ((n - 1) / 5),
  (ARRAY['Seminar Room', 'Lecture Hall', 'Office', 'Lecture Hall', 'Laboratory'])[1 + (n - 1) % 5]
FROM generate_series(1, 25) AS n;

INSERT INTO facilities.equipment
  (equipment_id, room_id, name, purchase_date, last_maintenance_date)
SELECT
  n,
  1 + (n * 7) % 25,
  (ARRAY['Projector', 'Microscope', 'Server', 'Whiteboard', 'Centrifuge'])[1 + n % 5],
  date '2018-01-15' + 95 * n,
  CASE WHEN n % 4 = 0 THEN NULL ELSE date '2026-11-20' - (37 * n) % 150 END
FROM generate_series(1, 30) AS n;

-- Bought in the last weeks before 22 November 2026.
INSERT INTO facilities.equipment
  (equipment_id, room_id, name, purchase_date, last_maintenance_date) VALUES
  (31, 10, 'Laser Cutter', '2026-09-03', NULL),
  (32, 15, 'Spectrometer', '2026-10-19', '2026-11-02'),
  (33, 15, '3D Printer', '2026-11-20', NULL);

INSERT INTO research.projects
  (project_id, title, description, start_date, end_date, funding_amount) VALUES
  (1, 'AI in Education', 'Tutoring systems that say when they are not sure', '2024-01-15', '2027-12-31', 480000.00),
  (2, 'Quantum Sensors', 'Magnetometers for hospitals', '2023-06-01', NULL, 1250000.00),
  (3, 'Urban Heat', 'Why some streets stay cool', '2025-03-01', '2026-11-22', 310500.50),
  (4, 'River Ecology', NULL, '2019-04-01', '2022-03-31', 205000.00),
  (5, 'Medieval Trade Routes', 'Ledgers of three harbour towns, transcribed', '2021-10-01', '2024-09-30', 98000.00),
  (6, 'Open Genomes', 'A shared catalogue of plant genomes', '2022-02-01', '2026-11-21', 640000.00),
  (7, 'Proof Assistants', 'Checked proofs for first-year mathematics', '2025-09-01', NULL, 150000.00),
  (8, 'Green Catalysts', 'Catalysts without rare metals', '2020-01-01', '2023-12-31', 725000.75),
  (9, 'Housing Markets', NULL, '2026-01-01', '2028-12-31', 150000.00),
  (10, 'Dark Sky Survey', 'How bright the night over the city has become', '2026-10-01', NULL, 87500.00);

INSERT INTO research.publications
  (publication_id, title, authors, publication_date, journal, doi) VALUES
  (1, 'Tutors that doubt', 'Voss, H.; Mori, Y.', '2025-05-12', 'Journal of Learning Systems', '10.5555/jls.2025.12'),
  (2, 'A magnetometer at room temperature', 'Raman, P.; Zhang, W.', '2024-11-03', 'Sensors Today', '10.5555/st.2024.88'),
  (3, 'Cool streets', 'Rivera, T.', '2026-02-18', 'City Climate', '10.5555/cc.2026.3'),
  (4, 'Otters return', 'Okoye, D.; Popescu, M.', '2021-07-30', 'River Letters', NULL),
  (5, 'Ledgers of the harbour', 'Weiss, C.', '2023-09-14', 'Trade and Town', '10.5555/tt.2023.7'),
  (6, 'One thousand barley genomes', 'Popescu, M.; Brandt, L.', '2026-06-09', 'Open Plant Science', '10.5555/ops.2026.41'),
  (7, 'Homework, formally', 'Zahra, F.', '2026-10-27', 'Proof Pearls', '10.5555/pp.2026.19'),
  (8, 'Iron instead of platinum', 'Nyberg, O.; Fontaine, N.', '2022-12-01', 'Catalysis Notes', '10.5555/cn.2022.5'),
  (9, 'When students trust a machine', 'Voss, H.; Weiss, C.', '2026-09-30', 'Journal of Learning Systems', '10.5555/jls.2026.30'),
  (10, 'Noise floors of cheap sensors', 'Zhang, W.', '2025-08-22', 'Sensors Today', NULL),
  (11, 'Rent and rail', 'Adeyemi, S.', '2026-11-02', 'Trade and Town', '10.5555/tt.2026.15'),
  (12, 'Counting the lost stars', 'Raman, P.; Mori, Y.', '2026-11-15', 'Sensors Today', '10.5555/st.2026.97');

INSERT INTO research.project_members (project_id, employee_id, role) VALUES
  (1, 1, 'Principal Investigator'),
  (1, 9, 'Co-Investigator'),
  (1, 13, 'Research Assistant'),
  (2, 3, 'Principal Investigator'),
  (2, 8, 'Co-Investigator'),
  (2, 17, 'Technician'),
  (3, 2, 'Principal Investigator'),
  (3, 14, 'Research Assistant'),
  (4, 6, 'Principal Investigator'),
  (4, 7, 'Co-Investigator'),
  (5, 9, 'Principal Investigator'),
  (5, 15, 'Archivist'),
  (6, 7, 'Principal Investigator'),
  (6, 14, 'Research Assistant'),
  (6, 18, 'Technician'),
  (7, 5, 'Principal Investigator'),
  (8, 4, 'Principal Investigator'),
  (8, 12, 'Research Assistant'),
  (9, 10, 'Principal Investigator'),
  (10, 3, 'Principal Investigator'),
  (10, 13, 'Research Assistant');
